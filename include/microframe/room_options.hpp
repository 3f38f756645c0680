// RoomOptions: how the rooms of a name pattern behave, given to Application::rooms.
#pragma once

#include <cstdint>

namespace microframe {

// What becomes of a member that reads more slowly than its room is sent to.
enum class WhenSlow : std::uint8_t {
  disconnect,   // its outbox fills, and it is closed with 4408: nobody misses a message without knowing
  drop_oldest,  // the oldest waiting messages of the room give way to new ones
  conflate,  // of the waiting messages with the same key (ws::Key) only the newest stays; those without one
             // share a key
};

class RoomOptions {
 public:
  RoomOptions() = default;

  // Whatever is chosen: a member whose kernel takes nothing for Limits::outbox_time is closed with 4408.
  RoomOptions& when_slow(WhenSlow policy) {
    when_slow_ = policy;
    return *this;
  }

  WhenSlow when_slow() const { return when_slow_; }

 private:
  WhenSlow when_slow_ = WhenSlow::disconnect;
};

}  // namespace microframe
