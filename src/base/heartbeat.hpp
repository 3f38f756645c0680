// Heartbeat: when a quiet peer is pinged, and when it is given up. Any byte of the peer's counts as
// life, so one that talks is never pinged. Pure: time is an argument, in milliseconds of one
// monotonic clock.
#pragma once

#include <cstdint>

namespace microframe::base {

class Heartbeat {
 public:
  struct Timing {
    std::uint64_t interval_ms = 0;  // of silence before a ping; 0: no heartbeat
    std::uint64_t answer_ms = 0;    // of silence after it before the peer is given up
  };
  enum class Verdict : std::uint8_t { alive, ping, lost };

  // part: of [0, 1), random: the first ping then falls somewhere into the second half of the first
  // interval, so that peers who came at once are not pinged at once.
  void begin(std::uint64_t now_ms, const Timing& timing, double part) {
    const std::uint64_t half_ms = timing.interval_ms / 2;
    heard_ms_ = now_ms - static_cast<std::uint64_t>(static_cast<double>(half_ms) * part);
    pinged_ms_ = 0;
  }
  // Bytes have come.
  void heard(std::uint64_t now_ms) {
    heard_ms_ = now_ms;
    pinged_ms_ = 0;
  }
  // When check() has something to say at the earliest, if nothing is heard.
  std::uint64_t deadline_ms(const Timing& timing) const {
    return pinged_ms_ != 0 ? pinged_ms_ + timing.answer_ms : heard_ms_ + timing.interval_ms;
  }
  // What is to be done now. `ping` is said once; the caller then sends it.
  Verdict check(std::uint64_t now_ms, const Timing& timing) {
    if (timing.interval_ms == 0 || now_ms < deadline_ms(timing)) return Verdict::alive;
    if (pinged_ms_ != 0) return Verdict::lost;
    pinged_ms_ = now_ms;
    return Verdict::ping;
  }

 private:
  std::uint64_t heard_ms_ = 0;
  std::uint64_t pinged_ms_ = 0;  // 0: no ping waits for its answer
};

}  // namespace microframe::base
