// Counts: what a server counts while it serves, for its metrics. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/histogram.hpp"
#include "guard/rejection.hpp"
#include "ws/session_counts.hpp"
#include "ws/stream_counts.hpp"

namespace microframe::ws {

struct Counts {
  guard::Rejections rejections;
  StreamCounts streams;
  SessionCounts sessions;
  base::Histogram loop_lag;                     // of all loops
  std::atomic<std::uint64_t> blocked_hooks{0};  // hooks that have blocked their loop for too long
};

}  // namespace microframe::ws
