// Milliseconds of a time that an application has set.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace microframe::client {

// returns: 0 for a negative time.
inline std::uint64_t clamped_ms(std::chrono::milliseconds time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
}

}  // namespace microframe::client
