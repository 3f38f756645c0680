// Heartbeat: when a silent peer is asked whether it is still there, and when it is given up: by a
// Ping (RFC 6455 §5.5.2) or by a ping frame of microframe.v1 (docs/protocol.md, Keeping alive).
// Every byte from the peer is a sign of life, so a peer that talks is never asked.
// Pure: time is an argument, in milliseconds of one monotonic clock.
#pragma once

#include <cstdint>
#include <limits>

namespace microframe::base {

class Heartbeat {
 public:
  struct Timing {
    std::uint64_t interval_ms = 0;  // of silence before the peer is asked; 0: it is never asked
    std::uint64_t answer_ms = 0;    // of silence after the question before the peer is given up
  };
  enum class Verdict : std::uint8_t { alive, ping, lost };
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  // part: random, in [0, 1). The first question then falls into the second half of the first
  // interval, so that peers that came at the same time are not all asked at the same time.
  void begin(std::uint64_t now_ms, const Timing& timing, double part) {
    const std::uint64_t half_ms = timing.interval_ms / 2;
    heard_ms_ = now_ms - static_cast<std::uint64_t>(static_cast<double>(half_ms) * part);
    asked_ms_ = 0;
  }
  // The peer gave a sign of life at that time. A sign that is older than the last one changes
  // nothing, and a question that was asked after the sign stays open.
  void heard(std::uint64_t at_ms) {
    // As a difference: soon after the machine has started, begin() goes back beyond time 0.
    if (static_cast<std::int64_t>(at_ms - heard_ms_) <= 0) return;
    heard_ms_ = at_ms;
    if (at_ms >= asked_ms_) asked_ms_ = 0;
  }
  // When check() has something to say at the earliest, if no sign of life comes.
  // returns: kNever where the interval is 0.
  std::uint64_t deadline_ms(const Timing& timing) const {
    if (timing.interval_ms == 0) return kNever;
    return asked_ms_ != 0 ? asked_ms_ + timing.answer_ms : heard_ms_ + timing.interval_ms;
  }
  // returns: `ping` once per question, which the caller then sends.
  Verdict check(std::uint64_t now_ms, const Timing& timing) {
    if (now_ms < deadline_ms(timing)) return Verdict::alive;
    if (asked_ms_ != 0) return Verdict::lost;
    asked_ms_ = now_ms;
    return Verdict::ping;
  }

 private:
  std::uint64_t heard_ms_ = 0;
  std::uint64_t asked_ms_ = 0;  // 0: no question is open; none is ever asked at time 0
};

}  // namespace microframe::base
