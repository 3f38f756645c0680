// Pulse: the heartbeat of one stream's peer: when it is pinged, when it is given up, and how long its
// pongs take. Threading: the stream's loop.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/heartbeat.hpp"
#include "base/to_ms.hpp"
#include "microframe/limits.hpp"
#include "ws/round_trip.hpp"

namespace microframe::ws {

class Pulse {
 public:
  // limits: the same in each call. number: of the connection; spreads the first pings evenly over
  // half an interval, however many peers come at once.
  Pulse(const Limits& limits, std::uint64_t number, std::uint64_t now_ms) {
    heartbeat_.begin(now_ms, timing(limits), part_of(number));
  }

  // Bytes have come.
  void heard(std::uint64_t now_ms) { heartbeat_.heard(now_ms); }
  // What must be done now, and when to look again at the latest; nullopt: never.
  base::Heartbeat::Verdict check(const Limits& limits, std::uint64_t now_ms) {
    return heartbeat_.check(now_ms, timing(limits));
  }
  std::optional<std::uint64_t> deadline_ms(const Limits& limits) const {
    const auto now = timing(limits);
    return now.interval_ms == 0 ? std::nullopt : std::optional(heartbeat_.deadline_ms(now));
  }

  // returns: the payload of the ping that leaves now.
  RoundTrip::Payload ping() { return round_trip_.begin(steady_us()); }
  // returns: the round trip in microseconds, if the pong answers the latest ping.
  std::optional<std::uint32_t> pong(base::Bytes payload) {
    const auto took_us = round_trip_.end(payload, steady_us());
    if (!took_us) return std::nullopt;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(*took_us, UINT32_MAX));
  }

 private:
  // The multiples of the golden ratio lie evenly in [0, 1).
  static double part_of(std::uint64_t number) {
    constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
    constexpr auto kOne = static_cast<double>(std::uint64_t{1} << 53);
    return static_cast<double>(number * kGolden >> 11) / kOne;
  }
  static std::uint64_t steady_us() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  }
  static base::Heartbeat::Timing timing(const Limits& limits) {
    return {base::to_ms(limits.ping_interval), base::to_ms(limits.pong_time)};
  }

  base::Heartbeat heartbeat_;
  RoundTrip round_trip_;
};

}  // namespace microframe::ws
