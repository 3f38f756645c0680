// House: what the hub of a simulated node is surrounded by. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hub/surroundings.hpp"
#include "simulation/nodes/frames.hpp"
#include "simulation/nodes/rooms.hpp"
#include "simulation/nodes/scene.hpp"

namespace microframe::simulation::nodes {

class House final : public hub::Surroundings {
 public:
  // scene: outlives it.
  explicit House(const Scene& scene) : scene_(scene) {}

  hub::RoomPolicy policy(std::string_view room) const override { return policy_of(room); }
  std::uint64_t now_ms() const override { return scene_.agenda.now_ms(); }
  std::string new_epoch() override {
    require(false, [] { return "a room keeps its messages though there are logs"; });
    return {};
  }
  base::Frame presence_frame(std::string_view room, const hub::Presence::Users& joins,
                             const hub::Presence::Users& leaves) const override {
    return nodes::presence_frame(room, joins, leaves);
  }
  base::Frame frame_of(const hub::Parcel& parcel, std::string_view room,
                       std::optional<std::uint64_t> offset) const override {
    return message_frame(to_number(parcel.content), offset.value_or(0), room);
  }
  base::Frame moved_frame(std::string_view room, std::string_view epoch,
                          std::uint64_t offset) const override {
    return nodes::moved_frame(epoch, offset, room);
  }
  // Of the cluster, the broker's roll says that.
  void user_online(const std::string&) override {}
  void user_offline(const std::string&) override {}

 private:
  const Scene& scene_;
};

}  // namespace microframe::simulation::nodes
