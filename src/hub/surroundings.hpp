// Surroundings: what a hub asks of its owner, and tells its owner. Implementations outlive the hub;
// any thread calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_budget.hpp"
#include "base/frame.hpp"
#include "hub/parcel.hpp"
#include "hub/presence.hpp"
#include "hub/room_policy.hpp"

namespace microframe::hub {

class Surroundings {
 public:
  virtual RoomPolicy policy(std::string_view room) const = 0;
  // Monotonic.
  virtual std::uint64_t now_ms() const = 0;
  // A name that no room has had before.
  virtual std::string new_epoch() = 0;
  // What all histories together may hold; nullptr: no limit.
  virtual base::ByteBudget* history_budget() { return nullptr; }
  // What sessions in the room are sent when devices come and go: the enveloped form alone.
  virtual base::Frame presence_frame(std::string_view room, const Presence::Users& joins,
                                     const Presence::Users& leaves) const = 0;
  // --- Asked only where there are other nodes.
  // A message that has come from one, in the forms that receivers here may want.
  // room: "" for a message that is in none. offset: nullopt in a room that keeps none.
  virtual base::Frame frame_of(const Parcel& /*parcel*/, std::string_view /*room*/,
                               std::optional<std::uint64_t> /*offset*/) const {
    return {};
  }
  // What sessions in the room are sent when its messages go on at another place, or under another
  // epoch, and some may be lost: the enveloped form alone.
  virtual base::Frame moved_frame(std::string_view /*room*/, std::string_view /*epoch*/,
                                  std::uint64_t /*offset*/) const {
    return {};
  }
  // The user's first device has come, or the last has gone. Called under the user's lock, in the
  // order in which that happens per user; must not call the hub back.
  virtual void user_online(const std::string& user) = 0;
  virtual void user_offline(const std::string& user) = 0;

 protected:
  ~Surroundings() = default;
};

}  // namespace microframe::hub
