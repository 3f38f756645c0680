// Traffic: the messages and connections of one loop, for its metrics. Threading: the loop counts; anyone
// may read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

namespace microframe::ws {

// A count that one thread raises, without the price of an addition that several may do at once.
class Tally {
 public:
  void add(std::uint64_t more) {
    count_.store(count_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> count_{0};
};

// A cache line for each loop.
struct alignas(64) Traffic {
  Tally messages_in;
  Tally bytes_in;  // payloads, inflated
  Tally messages_out;
  Tally bytes_out;  // frames before compression
  Tally opened;     // connections whose on_connect was due
  Tally closed;
  Tally requests;  // of HTTP that a handler has answered
};

// Of all loops of a server. Any thread.
class TrafficOfLoops {
 public:
  // returns: a new loop's, which lives as long as this.
  Traffic& add() {
    const std::lock_guard lock(mutex_);
    return loops_.emplace_back();
  }
  std::uint64_t sum(Tally Traffic::* which) const {
    const std::lock_guard lock(mutex_);
    std::uint64_t all = 0;
    for (const Traffic& each : loops_) all += (each.*which).value();
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Traffic> loops_;
};

}  // namespace microframe::ws
