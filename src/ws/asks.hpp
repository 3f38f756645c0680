// Asks: the messages of ours that a session's client has still to answer, each with who waits for
// the answer. Threading: the session's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "microframe/json.hpp"
#include "microframe/ws/ack.hpp"

namespace microframe::ws {

class Asks {
 public:
  static constexpr std::size_t kMax = 1'000;
  using Told = std::function<void(AckStatus, Json)>;

  bool full() const { return waiting_.size() >= kMax; }
  // told: called once, and throws nothing.
  void add(std::uint64_t id, Told told) { waiting_.emplace(id, std::move(told)); }
  bool waits_for(std::uint64_t id) const { return waiting_.contains(id); }
  // Does nothing where the answer comes too late, or was never asked for.
  void settle(std::uint64_t id, AckStatus status, Json data) {
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    const Told told = std::move(found->second);
    waiting_.erase(found);
    told(status, std::move(data));
  }
  // Nobody answers any more.
  void end() {
    while (!waiting_.empty()) settle(waiting_.begin()->first, AckStatus::disconnected, {});
  }

 private:
  std::map<std::uint64_t, Told> waiting_;
};

}  // namespace microframe::ws
