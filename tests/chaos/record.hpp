// Record: what one member of a run has seen and received. Values, which the judge reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "microframe/json.hpp"

namespace chaos {

// The room that all members are in.
inline const std::string kRoom = "hall:kept";

// The n-th message of a member, as a name: "cpp3:17".
inline std::string message_name(const std::string& member, std::int64_t n) {
  return member + ":" + std::to_string(n);
}

// What the member learned about the room, in order: a message, or that it entered the room.
struct Event {
  Event() = default;

  std::string message;       // the message's name; "": the room was entered
  std::uint64_t offset = 0;  // the message's, or the one from which the room is read
  bool recovered = false;    // entered: the missed messages follow
  bool was_in = false;       // entered: the member was in the room before
};

struct Record {
  Record() = default;

  std::string member;
  std::vector<std::string> acknowledged;
  std::vector<std::string> unknown;  // sent, but the session is gone: `session_lost`
  // The messages that were not handled, and why, or that were not answered at all.
  std::vector<std::pair<std::string, std::string>> refused;
  std::size_t wrong_answers = 0;  // answers that differ from what was sent
  std::vector<Event> events;
  std::optional<std::uint64_t> position;
  microframe::Json presence;  // at the end, as the member knows it
  unsigned resumed = 0;       // connections that resumed a session
  unsigned anew = 0;          // sessions after the first
};

}  // namespace chaos
