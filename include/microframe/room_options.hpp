// RoomOptions: how the rooms of a name pattern behave, given to Application::rooms.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace microframe {

// What becomes of a member that reads more slowly than its room is sent to.
enum class WhenSlow : std::uint8_t {
  disconnect,   // its outbox fills, and it is closed with 4408: nobody misses a message without
                // knowing
  drop_oldest,  // the oldest waiting messages of the room give way to new ones
  conflate,     // of the waiting messages with the same key (ws::Key) only the newest stays; those
                // without one share a key
};

class RoomOptions {
 public:
  RoomOptions() = default;

  // Whatever is chosen: a member whose kernel takes nothing for Limits::outbox_time is closed with
  // 4408.
  RoomOptions& when_slow(WhenSlow policy) {
    when_slow_ = policy;
    return *this;
  }

  // The room keeps its latest messages, at most so many and none older than `age`, for members who
  // come back (microframe.v1) and for ChatBase::history. It lives on without members as long as it
  // keeps any. Default: none.
  RoomOptions& history(std::size_t messages, std::chrono::milliseconds age) {
    history_max_ = messages;
    history_age_ = age;
    return *this;
  }
  // Whether members with microframe.v1 are told who else is in the room. Default: no.
  RoomOptions& presence(bool on = true) {
    presence_ = on;
    return *this;
  }

  // What is sent to the room waits for so long at most, from the first that waits, and leaves
  // together with what came meanwhile: in one system call a member, not one a message. For rooms
  // that are sent to very often. 64 messages, or 64 KiB of them, do not wait. 0 (the default) to a
  // second.
  RoomOptions& coalesce(std::chrono::milliseconds window) {
    coalesce_ = window;
    return *this;
  }

  WhenSlow when_slow() const { return when_slow_; }
  std::size_t history_max() const { return history_max_; }
  std::chrono::milliseconds history_age() const { return history_age_; }
  std::chrono::milliseconds coalesce() const { return coalesce_; }
  bool tells_presence() const { return presence_; }

 private:
  WhenSlow when_slow_ = WhenSlow::disconnect;
  std::size_t history_max_ = 0;
  std::chrono::milliseconds history_age_{0};
  bool presence_ = false;
  std::chrono::milliseconds coalesce_{0};
};

}  // namespace microframe
