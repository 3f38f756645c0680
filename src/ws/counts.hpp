// Counts: what a server counts while it serves, for its metrics. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "guard/rejection.hpp"
#include "ws/session_counts.hpp"
#include "ws/stream_counts.hpp"

namespace microframe::ws {

struct Counts {
  guard::Rejections rejections;
  StreamCounts streams;
  SessionCounts sessions;
  std::atomic<std::uint64_t> blocked_hooks{0};  // hooks that have blocked their loop for too long
};

}  // namespace microframe::ws
