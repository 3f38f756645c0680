// RedisCounts: what a broker over Redis has done, for metrics. Threading: any thread reads; each
// count is right by itself.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/histogram.hpp"

namespace microframe::cluster {

struct RedisCounts {
  std::atomic<std::uint64_t> commands{0};
  std::atomic<std::uint64_t> appends{0};            // messages, of which a command may hold many
  std::atomic<std::uint64_t> connections{0};        // that came to be
  std::atomic<std::uint64_t> interruptions{0};      // a server was lost that was in use
  std::atomic<std::uint64_t> publishes_dropped{0};  // because Redis could not be reached
  std::atomic<std::uint64_t> redirections{0};       // by MOVED or ASK
  std::atomic<std::uint64_t> bytes_sent{0};
  std::atomic<std::uint64_t> bytes_received{0};
  std::atomic<std::uint64_t> bytes_waiting{0};  // of what has been asked and not answered
  base::Histogram latency;                      // of a command, from its writing to its answer

  static void add(std::atomic<std::uint64_t>& count, std::uint64_t by = 1) {
    count.fetch_add(by, std::memory_order_relaxed);
  }
};

}  // namespace microframe::cluster
