// Pace: how fast a client sends what has gathered. A client that sends faster than the server allows
// is closed with 4429. A bucket that fills with time. Pure: time is an argument.
#pragma once

#include <algorithm>
#include <cstdint>

namespace microframe::v1 {

class Pace {
 public:
  struct Rate {
    double per_second = 0;  // 0: as fast as possible
    double burst = 1;       // how many at once before the rate counts; at least 1
  };
  explicit Pace(Rate rate) : rate_(rate) {}

  // A new connection begins: the server counts anew.
  void begin(std::uint64_t now_ms) {
    left_ = rate_.burst;
    filled_ms_ = now_ms;
  }
  // Whether a frame may go now.
  bool allows(std::uint64_t now_ms) {
    if (rate_.per_second <= 0) return true;
    left_ = std::min(rate_.burst,
                     left_ + static_cast<double>(now_ms - filled_ms_) * rate_.per_second / 1000);
    filled_ms_ = now_ms;
    return left_ >= 1;
  }
  // A frame has gone, whether it was allowed or could not wait.
  void count() { left_ -= 1; }
  // When the next frame may go, after allows() has said no.
  std::uint64_t next_ms() const {
    return filled_ms_ + static_cast<std::uint64_t>((1 - left_) * 1000 / rate_.per_second) + 1;
  }

 private:
  const Rate rate_;
  double left_ = 0;
  std::uint64_t filled_ms_ = 0;
};

}  // namespace microframe::v1
