// RateLimit: a token bucket: `burst` at once, `per_second` in the long run. Time is an argument.
#pragma once

#include <algorithm>
#include <cstdint>

namespace microframe::base {

class RateLimit {
 public:
  // Takes one from the bucket. per_second 0 is no limit.
  // returns: false if there was none left.
  bool take(double per_second, double burst, std::uint64_t now_ms) {
    if (per_second <= 0) return true;
    const auto elapsed_ms = static_cast<std::uint32_t>(now_ms) - last_ms_;
    last_ms_ = static_cast<std::uint32_t>(now_ms);
    spent_ = std::max(0.0F, spent_ - static_cast<float>(per_second * elapsed_ms / 1000));
    if (spent_ + 1 > static_cast<float>(burst)) return false;
    spent_ += 1;
    return true;
  }
  // Gives back one that was taken.
  void give_back() { spent_ = std::max(0.0F, spent_ - 1); }
  // Whether all is there that the bucket holds.
  bool is_full(double per_second, std::uint64_t now_ms) const {
    const auto elapsed_ms = static_cast<std::uint32_t>(now_ms) - last_ms_;
    return spent_ <= static_cast<float>(per_second * elapsed_ms / 1000);
  }

 private:
  std::uint32_t last_ms_ = 0;
  float spent_ = 0;
};

}  // namespace microframe::base
