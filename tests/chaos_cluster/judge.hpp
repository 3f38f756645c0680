// Verdict: the judgement of a run, from what Redis has stored and what the members have learned. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "chaos_cluster/member.hpp"

namespace chaos_cluster {

// What is stored at the end: the messages of each room, in order.
using Stored = std::map<std::string, std::vector<Name>>;

struct Verdict {
  Verdict() = default;

  std::size_t sent = 0;
  std::size_t acknowledged = 0;
  std::size_t stored = 0;
  std::size_t unavailable = 0;
  std::size_t unknown = 0;
  std::size_t gaps_told = 0;
  unsigned resumed = 0;
  unsigned anew = 0;
  // All of these must be 0.
  std::size_t lost = 0;      // acknowledged, and not stored; or refused without a reason
  std::size_t repeated = 0;  // stored more than once, or heard more than once
  std::size_t out_of_order = 0;
  std::size_t gaps_untold = 0;
  std::size_t unequal = 0;  // nodes that do not see who is there
  std::size_t crashed = 0;  // nodes

  std::vector<std::string> problems;  // the first few, in words

  bool holds() const {
    return lost + repeated + out_of_order + gaps_untold + unequal + crashed == 0;
  }
  void blame(std::size_t& count, std::string what);
};

Verdict judge(const Stored& stored, const std::vector<Record>& records);

}  // namespace chaos_cluster
