// MessageRate: how many messages a peer may send: `burst` at once, `per_second` in the long run. Past
// the burst it is read no faster than that, and one that goes on regardless is a flood. No clock.
// Threading: the stream's loop.
#pragma once

#include <cstdint>

namespace microframe::ws {

class MessageRate {
 public:
  struct Rule {
    double per_second;  // over 0
    double burst;
    std::uint64_t overrun_ms;  // for which a peer may send more
  };
  enum class Verdict : std::uint8_t {
    within,
    over,   // wait_ms() says for how long nothing more is read
    flood,  // it has been over for too long, or would have to wait for too long
  };

  explicit MessageRate(std::uint64_t now_ms) : last_ms_(static_cast<std::uint32_t>(now_ms)) {}

  // One more message. Whoever was not heard for a while may have been held up, by the network or by
  // us: for a second it may send what it may have sent meanwhile.
  Verdict count(const Rule& rule, std::uint64_t now_ms) {
    const auto now = static_cast<std::uint32_t>(now_ms);
    if (now != last_ms_) refill(rule, now);
    spent_ += 1;
    const bool is_over = spent_ > static_cast<float>(rule.burst);
    if (!is_over && over_since_ms_ == 0) return Verdict::within;
    return judge(rule, now_ms);
  }
  // Milliseconds until the next message may be read; 0: now.
  std::uint64_t wait_ms(const Rule& rule, std::uint64_t now_ms);

 private:
  void refill(const Rule& rule, std::uint32_t now);
  Verdict judge(const Rule& rule, std::uint64_t now_ms);

  std::uint32_t last_ms_;            // when the bucket was last refilled
  std::uint32_t heard_ms_ = 0;       // when the peer was heard again after a while
  std::uint32_t over_since_ms_ = 0;  // when it was over first; 0: it is not
  float spent_ = 0;                  // under 0: what it may have sent meanwhile
};

}  // namespace microframe::ws
