#include "unit/vectors/reference.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "v1/names.hpp"
#include "v1/server_frames.hpp"

namespace microframe::vectors {
namespace {

constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kGoingAway = 1001;

}  // namespace

Reference::Reference() : hub_({&loop_}, hub::HubLimits{}, this) {}

Reference::~Reference() {
  kill();
}

std::shared_ptr<Connection> Reference::open(const std::string& user,
                                            const std::vector<std::string>& offered) {
  auto connection = std::make_shared<Connection>();
  std::optional<v1::ResumeOffer> offer;
  for (const std::string& one : offered) {
    if (v1::is_resume(one)) offer = v1::parse_resume(one);
  }
  on_loop([&] {
    const auto found = offer ? devices_.find(offer->session) : devices_.end();
    if (found == devices_.end())
      return begin(user, connection, offer && !ended_.contains(offer->session));
    const base::Ref<Device> device = found->second;
    if (device->state().secret() != offer->secret || device->user() != user)
      return begin(user, connection);
    ASSERT_FALSE(device->is_connected()) << "no vector resumes over a connection that is there";
    if (!device->state().is_latest(offer->attempt)) return;
    if (device->state().can_resume(offer->received))
      return device->go_on(connection, offer->received);
    begin(user, connection);
    end(*device);
  });
  return connection;
}

void Reference::begin(const std::string& user, const std::shared_ptr<Connection>& connection,
                      bool inherits) {
  const base::Ref<Device> device(new Device(hub_, user, ++sessions_));
  devices_[device->state().name()] = device;
  device->begin(connection, inherits);
  EXPECT_FALSE(hub_.add(*device)) << "no vector has so many devices";
}

void Reference::end(Device& device) {
  const base::Ref<Device> held(&device);
  hub_.begin_leave(device);
  hub_.remove(device);
  devices_.erase(device.state().name());
  ended_.insert(device.state().name());
}

void Reference::text(Connection& connection, std::string_view frame) {
  ASSERT_TRUE(connection.device) << "the connection is over";
  const base::Ref<Device> device(connection.device);
  on_loop([&] {
    device->take(device->state().take(v1::parse_client_frame(frame)));
    if (device->is_over()) end(*device);
  });
}

void Reference::binary(Connection& connection, base::Bytes frame) {
  ASSERT_TRUE(connection.device) << "the connection is over";
  const base::Ref<Device> device(connection.device);
  on_loop([&] { device->take(device->state().take_binary(frame)); });
}

void Reference::close(Connection& connection, std::uint16_t code) {
  if (code != kNormal && code != kGoingAway) return lose(connection);
  ASSERT_TRUE(connection.device) << "the connection is over";
  const base::Ref<Device> device(connection.device);
  device->transmit_close(code);
  device->detach();
  on_loop([&] { end(*device); });
}

void Reference::lose(Connection& connection) {
  connection.frames.clear();
  if (!connection.device) return;
  const base::Ref<Device> device(connection.device);
  on_loop([&] { device->suspend(); });
}

void Reference::kill() {
  while (!devices_.empty()) {
    const base::Ref<Device> device = devices_.begin()->second;
    device->detach();
    on_loop([&] { end(*device); });
  }
  ended_.clear();
}

void Reference::expire(const std::string& user) {
  std::vector<base::Ref<Device>> over;
  for (const auto& [name, device] : devices_) {
    if (device->user() == user && !device->is_connected()) over.push_back(device);
  }
  EXPECT_FALSE(over.empty()) << "no session waits for " << user;
  for (const base::Ref<Device>& device : over) on_loop([&] { end(*device); });
}

hub::RoomPolicy Reference::policy(std::string_view room) const {
  hub::RoomPolicy policy;
  if (room.starts_with("open:kept")) {
    policy.history_max = 10;
    policy.history_age = std::chrono::minutes(5);
  }
  policy.presence = room.starts_with("open:who");
  return policy;
}

base::Frame Reference::presence_frame(std::string_view room, const hub::Presence::Users& joins,
                                      const hub::Presence::Users& leaves) const {
  return base::Frame({}, encode(v1::presence(room, to_json(joins), to_json(leaves))));
}

}  // namespace microframe::vectors
