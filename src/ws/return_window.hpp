// For how long those are spread who must all go at once, so that they come back one after the other.
// Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/to_ms.hpp"

namespace microframe::ws {

// The window from which each is told its time to come back.
// connections: that go.
// spread:      over which they are closed, and others take them at once; zero where those who come
//              back have to wait for this server.
inline std::uint64_t return_window_ms(std::size_t connections, std::chrono::milliseconds spread) {
  constexpr std::uint64_t kReturnsPerSecond = 1'000;
  constexpr std::uint64_t kMsMin = 1'000;
  constexpr std::uint64_t kMsMax = 20'000;
  const std::uint64_t all_ms = connections * 1'000 / kReturnsPerSecond;
  return std::clamp(all_ms - std::min(all_ms, base::to_ms(spread)), kMsMin, kMsMax);
}

}  // namespace microframe::ws
