#include "guard/rate_table.hpp"

#include <algorithm>

namespace microframe::guard {
namespace {

constexpr std::size_t kFewNames = 1024;

}  // namespace

bool RateTable::take(std::string_view name, std::uint64_t now_ms) {
  if (per_second_ <= 0) return true;
  const base::Lock lock(mutex_);
  // The clocks of loops differ by the length of an iteration, and a bucket's time must not go back.
  latest_ms_ = std::max(latest_ms_, now_ms);
  if (buckets_.size() >= std::max(look_through_at_, kFewNames)) forget_the_idle();
  return buckets_[std::string(name)].take(per_second_, burst_, latest_ms_);
}

// Whenever the table has doubled: each name then pays for looking at two.
void RateTable::forget_the_idle() {
  std::erase_if(buckets_, [this, now_ms = latest_ms_](const auto& bucket) {
    return bucket.second.is_full(per_second_, now_ms);
  });
  look_through_at_ = 2 * buckets_.size();
}

std::size_t RateTable::size() const {
  const base::Lock lock(mutex_);
  return buckets_.size();
}

}  // namespace microframe::guard
