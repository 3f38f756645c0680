// Sink: where frames go, and what a member is told of its rooms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/frame.hpp"
#include "base/since.hpp"
#include "hub/presence.hpp"

namespace microframe::hub {

using base::Since;

// What a member finds in a room when it is seated there.
struct Joined {
  std::string_view room;
  bool entered = true;        // false: the member was in the room, and asks for what it missed
  std::uint64_t request = 0;  // of the wish
  std::string_view epoch;     // "": the room keeps no messages
  std::uint64_t offset = 0;
  std::optional<bool> recovered;                     // where the member asked for what it missed
  const std::vector<base::Frame>* missed = nullptr;  // what the member asked for, if anything
  const Presence::Users* presence = nullptr;         // nullptr: the room has none
};

// What a member asks for as it joins: what it missed since then, and at least so many of the
// latest messages.
struct JoinWish {
  std::optional<Since> since;
  std::size_t latest = 0;
  std::uint64_t request = 0;  // the member's name for the wish, told back to it
  // Since when the member has waited for the room to open: what the room keeps since then is for it.
  std::optional<std::uint64_t> waits_since_ms;
};

// Where a message stands among those of a cluster. A process that is alone has only zeros.
struct Mark {
  std::uint64_t id = 0;      // of the message, on every node; 0: it has none
  std::uint64_t offset = 0;  // in the log that keeps its room's messages; 0: there is none

  explicit operator bool() const { return id != 0 || offset != 0; }
};

// Called on the connection's own loop only. A sink may queue or drop what it is given, and must not
// call the hub back: a room's order may be locked meanwhile. A sink throws nothing, because others
// are still to be delivered to.
class Sink {
 public:
  virtual void deliver(const base::Frame& frame) = 0;
  // The same where there are other nodes.
  virtual void deliver_marked(const base::Frame& frame, const Mark& /*mark*/) { deliver(frame); }
  // The member is seated in a room, before anything of the room is delivered; or is no longer
  // seated. Views are good until the call returns.
  virtual void joined(const Joined&) {}
  virtual void left(std::string_view /*room*/) {}
  // There was no memory to seat the member where it has joined, so that it would miss messages: it
  // must end.
  virtual void give_up() {}

 protected:
  ~Sink() = default;
};

}  // namespace microframe::hub
