// KnownCalls: waits until every other node has heard what this one has said. Threading: the broker's
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/outgoing.hpp"
#include "cluster/turns.hpp"

namespace microframe::cluster {

class KnownCalls {
 public:
  // How long a node may take.
  static constexpr std::chrono::milliseconds kPatience{1000};

  // Both outlive it.
  KnownCalls(Outgoing& outgoing, Turns& turns) : outgoing_(outgoing), turns_(turns) {}

  // told: when these nodes have all answered, or are gone, or at the end of the patience.
  void call(const std::vector<std::string>& nodes, std::function<void()> told);
  // A node has answered.
  void known(std::string_view node, std::uint64_t number);
  // The node has ended.
  void forget(std::string_view node);

 private:
  struct Call {
    std::set<std::string, std::less<>> left;
    std::function<void()> told;
  };

  void end_if_done(std::uint64_t number);
  void end(std::uint64_t number);

  Outgoing& outgoing_;
  Turns& turns_;
  std::uint64_t number_ = 0;
  std::map<std::uint64_t, Call> calls_;
};

}  // namespace microframe::cluster
