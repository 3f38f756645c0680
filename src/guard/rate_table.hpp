// RateTable: a token bucket for each name that comes, such as an address or a user: how often it may
// come. A bucket that is full again is forgotten. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.hpp"
#include "base/rate_limit.hpp"

namespace microframe::guard {

class RateTable {
 public:
  // per_second: 0: no limit. burst: how many at once before the rate counts.
  RateTable(double per_second, double burst) : per_second_(per_second), burst_(burst) {}

  // Takes one from the bucket of that name, at a time by the clock of any loop.
  // returns: false if there was none left.
  bool take(std::string_view name, std::uint64_t now_ms);
  // How many names are remembered.
  std::size_t size() const;

 private:
  void forget_the_idle() MICROFRAME_REQUIRES(mutex_);

  const double per_second_;
  const double burst_;
  mutable base::Mutex mutex_;
  std::uint64_t latest_ms_ MICROFRAME_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, base::RateLimit> buckets_ MICROFRAME_GUARDED_BY(mutex_);
  std::size_t look_through_at_ MICROFRAME_GUARDED_BY(mutex_) =
      0;  // so many are too many to keep idle
};

}  // namespace microframe::guard
