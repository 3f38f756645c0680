// Histogram: counts durations in fixed buckets, for metrics. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace microframe::base {

class Histogram {
 public:
  // Upper bounds of the buckets but the last, which has none; a step of about three.
  static constexpr std::array<std::chrono::microseconds, 11> kBounds = {
      std::chrono::microseconds{100},       std::chrono::microseconds{300},
      std::chrono::microseconds{1'000},     std::chrono::microseconds{3'000},
      std::chrono::microseconds{10'000},    std::chrono::microseconds{30'000},
      std::chrono::microseconds{100'000},   std::chrono::microseconds{300'000},
      std::chrono::microseconds{1'000'000}, std::chrono::microseconds{3'000'000},
      std::chrono::microseconds{10'000'000}};

  void observe(std::chrono::microseconds value) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && value > kBounds[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_us_.fetch_add(static_cast<std::uint64_t>(value.count()), std::memory_order_relaxed);
  }

  // Of the bucket alone, not of those below it; kBounds.size() is the last.
  std::uint64_t count(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  std::chrono::microseconds sum() const {
    return std::chrono::microseconds(sum_us_.load(std::memory_order_relaxed));
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_us_{0};
};

}  // namespace microframe::base
