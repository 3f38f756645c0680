// StreamCounts: what all streams of a server have done together, for its metrics. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/histogram.hpp"
#include "ws/loop_deflate.hpp"
#include "ws/traffic.hpp"

namespace microframe::ws {

struct StreamCounts {
  LoopDeflate::Counts compression;
  base::Histogram round_trips;  // of heartbeat pings
  // Messages dropped for slow receivers, by the rules of their rooms.
  std::atomic<std::uint64_t> shed_frames{0};
  TrafficOfLoops traffic;
};

}  // namespace microframe::ws
