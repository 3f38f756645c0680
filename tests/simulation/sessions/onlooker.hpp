// Onlooker: a member of the same rooms without a session: a plain client, which is told no offsets
// and sees every message all the same, in order. On its loop.
#pragma once

#include <map>
#include <string>

#include "simulation/sessions/room_view.hpp"
#include "simulation/sessions/scene.hpp"

namespace microframe::simulation::sessions {

class Onlooker final : public hub::Member {
 public:
  Onlooker(Scene& scene, std::string user, std::size_t loop)
      : Member(std::move(user), loop), scene_(scene) {}

  // From any loop.
  void come_or_go(const std::string& room);
  void check_complete() const;

 private:
  // hub::Sink
  void deliver(const base::Frame& frame) override;
  void joined(const hub::Joined& joined) override;
  void left(std::string_view room) override;

  Scene& scene_;
  std::map<std::string, RoomView, std::less<>> views_;  // of rooms it is in
};

}  // namespace microframe::simulation::sessions
