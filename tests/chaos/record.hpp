// Record: what one member of a run has seen and been told. Values; the judge reads them.
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

// What came of the room, in order: a message, or that it was entered.
struct Event {
  Event() = default;

  std::string message;       // its name; "": the room was entered
  std::uint64_t offset = 0;  // the message's; or from which on the room is read
  bool recovered = false;    // entered: what was missed follows
  bool was_in = false;       // entered: it was in the room before
};

struct Record {
  Record() = default;

  std::string member;
  std::vector<std::string> acknowledged;
  std::vector<std::string> unknown;  // sent, but its session is gone: `session_lost`
  // Not handled, and why, or not answered at all.
  std::vector<std::pair<std::string, std::string>> refused;
  std::size_t wrong_answers = 0;  // not what was sent
  std::vector<Event> events;
  std::optional<std::uint64_t> position;
  microframe::Json presence;  // as the member has it at the end
  unsigned resumed = 0;       // connections with which its session went on
  unsigned anew = 0;          // sessions after the first
};

}  // namespace chaos
