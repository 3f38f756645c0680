// Verdict: what the records of a run come to. Pure.
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

  std::map<std::string, int> handled;  // by message, how often
  std::uint64_t last_offset = 0;
  microframe::Json presence;
};

struct Verdict {
  Verdict() = default;

  std::size_t sent = 0;
  std::size_t acknowledged = 0;
  std::size_t handled_once = 0;
  std::size_t unknown = 0;    // neither acknowledged nor lost: their session was
  std::size_t gaps_told = 0;  // entered again with recovered: false
  unsigned resumed = 0;
  unsigned anew = 0;
  // All of these are to be 0.
  std::size_t lost = 0;          // acknowledged and not handled, refused, not answered, or wrongly
  std::size_t repeated = 0;      // handled, or heard by a member, more than once
  std::size_t out_of_order = 0;  // heard so
  std::size_t gaps_untold = 0;   // messages that a member has not heard, without knowing
  std::size_t unequal = 0;       // members who see others in the room than the server

  std::vector<std::string> problems;  // in words; the first few

  bool holds() const { return lost + repeated + out_of_order + gaps_untold + unequal == 0; }
};

Verdict judge(const Truth& truth, const std::vector<Record>& records);

}  // namespace chaos
