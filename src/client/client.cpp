#include "microframe/client.hpp"

#include <atomic>
#include <stdexcept>

#include "base/parse_json.hpp"
#include "client/driver.hpp"
#include "client/network.hpp"
#include "client/thread.hpp"
#include "proto/close_code.hpp"
#include "proto/utf8.hpp"
#include "v1/server_frames.hpp"

namespace microframe {
namespace {

using client::Driver;
using client::Thread;
using client::Url;
using Pending = Driver::Pending;

// returns: a Reply that has already failed.
Reply failed(const char* code, const std::string& why) {
  auto pending = std::make_shared<detail::PendingReply>();
  pending->fail(ClientError(code, why));
  return Reply(std::move(pending));
}

bool is_utf8(std::string_view text) {
  return proto::is_utf8(base::as_bytes(text));
}

constexpr const char* kNotText = "it is not UTF-8";

std::shared_ptr<const net::TlsContext> trust(Thread& thread, const Url& url,
                                             const ClientOptions& options) {
  if (!url.secure) return nullptr;
  net::TlsTrust trust;
  trust.ca_file = options.ca_file;
  trust.insecure = options.insecure;
  return thread.tls(trust);
}

std::shared_ptr<Driver> make_driver(Thread& thread, const std::string& url, ClientOptions options) {
  const Url parsed = client::parse_url(url);
  auto network =
      std::make_unique<client::Network>(thread, parsed, options, trust(thread, parsed, options));
  return std::make_shared<Driver>(std::move(network), std::move(options), parsed.host);
}

// Calls ask(driver, pending) on the client's loop.
// returns: the Reply that `pending` settles.
template <class Ask>
Reply on_loop(Thread& thread, const std::shared_ptr<Driver>& driver, Ask ask) {
  auto pending = std::make_shared<detail::PendingReply>();
  thread.loop().post([driver, pending, ask = std::move(ask)]() mutable { ask(*driver, pending); });
  return Reply(std::move(pending));
}

}  // namespace

ClientLoop::ClientLoop() : thread_(std::make_shared<Thread>()) {}
ClientLoop::~ClientLoop() = default;

Client::Client(const std::string& url, ClientOptions options)
    : Client(std::make_shared<Thread>(), url, std::move(options)) {}
Client::Client(const ClientLoop& loop, const std::string& url, ClientOptions options)
    : Client(loop.thread_, url, std::move(options)) {}
Client::Client(std::shared_ptr<Thread> thread, const std::string& url, ClientOptions options)
    : thread_(std::move(thread)), driver_(make_driver(*thread_, url, std::move(options))) {}

Client::~Client() {
  net::Loop& loop = thread_->loop();
  if (loop.is_current()) {
    loop.post([driver = driver_, dropped = driver_->shut_down()] {});
    return;
  }
  std::atomic<bool> done{false};
  loop.post([&] {
    driver_->shut_down();
    done = true;
    done.notify_one();
  });
  done.wait(false);
}

void Client::set(detail::ClientHandlers::Any handler) {
  thread_->loop().post([driver = driver_, handler = std::move(handler)]() mutable {
    driver->set(std::move(handler));
  });
}

void Client::connect() {
  thread_->loop().post([driver = driver_] { driver->connect(); });
}

void Client::close(std::uint16_t code, std::string_view reason) {
  // RFC 6455 §7.4: the codes that a client may send.
  if (code != 1000 && code != 1001 && (code < 3000 || code > 4999))
    throw std::invalid_argument("a client closes with 1000, 1001 or 3000 to 4999");
  std::string fitting(proto::fitting_reason(reason));
  if (!is_utf8(fitting)) throw std::invalid_argument("the reason of a Close is UTF-8");
  thread_->loop().post([driver = driver_, code, fitting] { driver->close(code, fitting); });
}

// A message that cannot be read again is not sent: nobody could answer it, and text that is not
// UTF-8 would end the connection (RFC 6455 §8.1).
Reply Client::send(const Json& message) {
  std::string why;
  std::string text = to_text(message);
  if (!base::parse_json(text, why)) return failed("invalid_json", why);
  return on_loop(*thread_, driver_,
                 [text](Driver& driver, const Pending& pending) { driver.send(pending, text); });
}

Reply Client::send_text(std::string_view content) {
  if (!is_utf8(content)) return failed("invalid_json", kNotText);
  std::string text = driver_->is_plain() ? std::string(content) : v1::data_of(content);
  return on_loop(*thread_, driver_,
                 [text](Driver& driver, const Pending& pending) { driver.send(pending, text); });
}

Reply Client::send_binary(std::span<const std::byte> content) {
  std::string bytes(base::as_text(content));
  return on_loop(*thread_, driver_, [bytes](Driver& driver, const Pending& pending) {
    driver.send_binary(pending, bytes);
  });
}

void Client::post(const Json& message) {
  std::string why;
  std::string text = to_text(message);
  if (!base::parse_json(text, why)) return;
  thread_->loop().post([driver = driver_, text] { driver->post(text); });
}

Reply Client::join(std::string_view room, const JoinOptions& options) {
  const auto& since = options.since();
  if (!is_utf8(room) || (since && (!is_utf8(since->epoch) || !is_utf8(since->session))))
    return failed("room_name_invalid", kNotText);
  v1::ClientSession::Entry entry;
  entry.room = room;
  entry.last = options.last();
  if (since) {
    entry.since.emplace();
    entry.since->epoch = since->epoch;
    entry.since->offset = since->offset;
    entry.since->session = since->session;
  }
  return on_loop(*thread_, driver_,
                 [entry](Driver& driver, const Pending& pending) { driver.join(pending, entry); });
}

Reply Client::leave(std::string_view room) {
  if (!is_utf8(room)) return failed("room_name_invalid", kNotText);
  return on_loop(*thread_, driver_,
                 [name = std::string(room)](Driver& driver, const Pending& pending) {
                   driver.leave(pending, name);
                 });
}

Json Client::presence(std::string_view room) const {
  return driver_->presence(std::string(room));
}

std::vector<std::string> Client::rooms() const {
  return driver_->rooms();
}

std::optional<RoomPosition> Client::position(std::string_view room) const {
  return driver_->position(std::string(room));
}

Reply Client::refresh_token(std::string_view token) {
  if (!is_utf8(token)) return failed("bad_token", kNotText);
  return on_loop(*thread_, driver_,
                 [text = std::string(token)](Driver& driver, const Pending& pending) {
                   driver.refresh(pending, text);
                 });
}

ClientState Client::state() const {
  return driver_->state();
}

}  // namespace microframe
