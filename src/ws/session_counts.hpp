// SessionCounts: what all sessions of a server have cost together, for its metrics. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace microframe::ws {

struct SessionCounts {
  std::atomic<std::uint64_t> encoded{
      0};  // frames written in the form for sessions; a broadcast's once
  std::atomic<std::uint64_t> replayed{
      0};  // frames sent that were there already: after a resume, or from a room's history
  std::atomic<std::uint64_t> resumed{0};
  std::atomic<std::uint64_t> expired{0};
  std::atomic<std::uint64_t> arrived{0};   // from another node, or from the broker
  std::atomic<std::uint64_t> departed{0};  // to another node
  std::atomic<std::uint64_t> kept{0};      // in the broker, by a node that stops

  static void add(std::atomic<std::uint64_t>& count, std::uint64_t more = 1) {
    count.fetch_add(more, std::memory_order_relaxed);
  }
};

}  // namespace microframe::ws
