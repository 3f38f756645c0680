// Verdict: the judgement of a run, from its records. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chaos/record.hpp"

namespace chaos {

// What the server knows at the end.
struct Truth {
  Truth() = default;

  std::map<std::string, int> handled;  // how often, by message
  std::uint64_t last_offset = 0;
  microframe::Json presence;
};

struct Verdict {
  Verdict() = default;

  std::size_t sent = 0;
  std::size_t acknowledged = 0;
  std::size_t handled_once = 0;
  std::size_t unknown = 0;    // neither acknowledged nor lost: their session was lost
  std::size_t gaps_told = 0;  // rooms entered again with recovered: false
  unsigned resumed = 0;
  unsigned anew = 0;
  // All of these must be 0.
  std::size_t lost = 0;      // acknowledged but not handled, refused, or answered wrongly or not
  std::size_t repeated = 0;  // handled, or received by a member, more than once
  std::size_t out_of_order = 0;  // received in the wrong order
  std::size_t gaps_untold = 0;   // messages that a member missed without knowing
  std::size_t unequal = 0;       // members whose view of the room differs from the server's

  std::vector<std::string> problems;  // the first few, in words

  bool holds() const { return lost + repeated + out_of_order + gaps_untold + unequal == 0; }
};

Verdict judge(const Truth& truth, const std::vector<Record>& records);

}  // namespace chaos
