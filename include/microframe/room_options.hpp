// RoomOptions: how the rooms that match a name pattern behave. Given to Application::rooms.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace microframe {

// What happens to a member that reads more slowly than messages are sent to its room.
enum class WhenSlow : std::uint8_t {
  disconnect,   // the outbox fills, and the member is closed with 4408: no member misses a
                // message without knowing
  drop_oldest,  // the oldest waiting messages of the room are dropped for new ones
  conflate,     // of the waiting messages with the same key (ws::Key) only the newest stays;
                // messages without a key share one
};

class RoomOptions {
 public:
  RoomOptions() = default;

  // Default: WhenSlow::disconnect. With every policy, a member whose kernel takes nothing for
  // Limits::outbox_time is closed with 4408.
  RoomOptions& when_slow(WhenSlow policy) {
    when_slow_ = policy;
    return *this;
  }

  // Keeps the room's latest messages: at most `messages` of them, none older than `age`, and no more
  // than `bytes` together (0: twice Limits::message_bytes_max, but 1 MiB at least), for members that come back (microframe.v1) and for ChatBase::history. A
  // room without members exists as long as it keeps any message. Limits::history_bytes_max bounds
  // all rooms together. Default: none is kept.
  RoomOptions& history(std::size_t messages, std::chrono::milliseconds age, std::size_t bytes = 0) {
    history_max_ = messages;
    history_age_ = age;
    history_bytes_max_ = bytes;
    return *this;
  }
  // In a cluster, has a message acknowledged only when a replica of the broker has it too, so that a
  // failover loses none that was acknowledged. It costs a round trip to the replica. For rooms with
  // history. Default: no.
  RoomOptions& durable(bool on = true) {
    durable_ = on;
    return *this;
  }
  // Whether members with microframe.v1 are told who else is in the room. Default: no.
  RoomOptions& presence(bool on = true) {
    presence_ = on;
    return *this;
  }

  // Lets messages to the room wait, at most `window` from the first that waits, so that they
  // leave together: one system call per member, not one per message. Meant for rooms with very
  // many messages. As soon as 64 messages or 64 KiB wait, they leave. window: 0 (the default: no
  // wait) to one second.
  RoomOptions& coalesce(std::chrono::milliseconds window) {
    coalesce_ = window;
    return *this;
  }

  WhenSlow when_slow() const { return when_slow_; }
  std::size_t history_max() const { return history_max_; }
  std::chrono::milliseconds history_age() const { return history_age_; }
  std::size_t history_bytes_max() const { return history_bytes_max_; }
  std::chrono::milliseconds coalesce() const { return coalesce_; }
  bool is_durable() const { return durable_; }
  bool tells_presence() const { return presence_; }

 private:
  WhenSlow when_slow_ = WhenSlow::disconnect;
  std::size_t history_max_ = 0;
  std::size_t history_bytes_max_ = 0;
  std::chrono::milliseconds history_age_{0};
  bool durable_ = false;
  bool presence_ = false;
  std::chrono::milliseconds coalesce_{0};
};

}  // namespace microframe
