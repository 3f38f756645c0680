// Milliseconds as loops and timer wheels count them.
#pragma once

#include <chrono>
#include <cstdint>

namespace microframe::base {

// time: not negative.
constexpr std::uint64_t to_ms(std::chrono::milliseconds time) {
  return static_cast<std::uint64_t>(time.count());
}

}  // namespace microframe::base
