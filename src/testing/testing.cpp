#include "microframe/testing.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/parse_json.hpp"
#include "testing/bench.hpp"

namespace microframe {

using testing_detail::Device;

// --- TestClient ---

TestClient::TestClient(Device& device) : device_(&device) {}

void TestClient::send(const Json& message) {
  send_text(to_text(message));
}

void TestClient::send_text(std::string_view text) {
  device_->loop().enter([&] { device_->receive(false, text); });
}

void TestClient::send_binary(std::string_view bytes) {
  device_->loop().enter([&] { device_->receive(true, bytes); });
}

bool TestClient::join(std::string_view room) {
  device_->loop().enter([&] { device_->ask_for_room(room); });
  const auto all = rooms();
  return std::find(all.begin(), all.end(), room) != all.end();
}

void TestClient::close() {
  device_->loop().enter([&] { device_->end({ws::DisconnectCause::peer_closed, 1000}); });
}

void TestClient::lose() {
  device_->loop().enter([&] { device_->end({ws::DisconnectCause::connection_lost, 1006}); });
}

Json TestClient::take() {
  device_->loop().enter([] {});
  auto& inbox = device_->inbox;
  if (inbox.empty()) throw std::out_of_range("no message has come for " + device_->user());
  const std::string text = std::move(inbox.front());
  inbox.pop_front();
  std::string why;
  auto json = base::parse_json(text, why);
  if (!json) throw std::out_of_range("what came for " + device_->user() + " is no JSON: " + text);
  return std::move(*json);
}

std::vector<Json> TestClient::take_all() {
  device_->loop().enter([] {});
  std::vector<Json> all;
  while (!device_->inbox.empty()) all.push_back(take());
  return all;
}

std::vector<std::string> TestClient::take_bytes() {
  device_->loop().enter([] {});
  std::vector<std::string> all(device_->inbox.begin(), device_->inbox.end());
  device_->inbox.clear();
  return all;
}

bool TestClient::is_open() const {
  return !closed();
}

std::optional<TestClient::Close> TestClient::closed() const {
  device_->loop().enter([] {});
  if (!device_->closed) return std::nullopt;
  return Close{device_->closed->code, device_->closed->text};
}

std::vector<std::string> TestClient::rooms() const {
  device_->loop().enter([] {});
  return device_->rooms();
}

// --- TestEndpointBase ---

TestEndpointBase::TestEndpointBase(WebSocketRoute route)
    : bench_(std::make_unique<testing_detail::Bench>(std::move(route))) {}
TestEndpointBase::~TestEndpointBase() = default;

// Never asked for: the clients of a test come without tokens.
authx::AuthConfig TestEndpointBase::auth() {
  return authx::AuthConfig(std::string(32, '.'));
}

void* TestEndpointBase::object() const {
  return bench_->endpoint.handler();
}

void TestEndpointBase::rooms(std::string pattern, const RoomOptions& options) {
  bench_->add_rooms(std::move(pattern), options);
}

TestClient TestEndpointBase::connect(std::string user, const Json& claims) {
  return TestClient(bench_->connect(std::move(user), claims));
}

void TestEndpointBase::advance(std::chrono::milliseconds time) {
  bench_->loop.advance(time);
}

void TestEndpointBase::settle() {
  bench_->loop.enter([] {});
}

const std::string& TestEndpointBase::hook_failure() const {
  return bench_->hook_failure;
}

}  // namespace microframe
