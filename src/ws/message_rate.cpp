#include "ws/message_rate.hpp"

#include <algorithm>
#include <cmath>

namespace microframe::ws {
namespace {

constexpr std::uint32_t kWhileMs = 1'000;      // from which on silence may have been a stall
constexpr std::uint32_t kStallMsMax = 10'000;  // of which at most so much counts
constexpr std::uint32_t kCatchUpMs = 1'000;    // in which what was held up arrives

}  // namespace

void MessageRate::refill(const Rule& rule, std::uint32_t now) {
  const std::uint32_t passed_ms = now - last_ms_;
  last_ms_ = now;
  const auto sent_in = [&](std::uint32_t ms) {
    return static_cast<float>(rule.per_second * ms / 1000);
  };
  if (passed_ms >= kWhileMs) {
    heard_ms_ = now;
    spent_ = std::max(spent_ - sent_in(passed_ms), -sent_in(std::min(passed_ms, kStallMsMax)));
    return;
  }
  if (now - heard_ms_ > kCatchUpMs) spent_ = std::max(spent_, 0.0F);
  if (spent_ > 0) spent_ = std::max(spent_ - sent_in(passed_ms), 0.0F);
}

// Over, or has been. It is no more once half of the burst is free again.
MessageRate::Verdict MessageRate::judge(const Rule& rule, std::uint64_t now_ms) {
  const auto now = static_cast<std::uint32_t>(now_ms);
  const auto burst = static_cast<float>(rule.burst);
  if (spent_ <= burst / 2) {
    over_since_ms_ = 0;
    return Verdict::within;
  }
  if (spent_ <= burst) return Verdict::within;
  if (over_since_ms_ == 0) over_since_ms_ = std::max(now, std::uint32_t{1});
  const bool too_long = now - over_since_ms_ > rule.overrun_ms;
  return too_long || wait_ms(rule, now_ms) > rule.overrun_ms ? Verdict::flood : Verdict::over;
}

std::uint64_t MessageRate::wait_ms(const Rule& rule, std::uint64_t now_ms) {
  const auto now = static_cast<std::uint32_t>(now_ms);
  if (now != last_ms_) refill(rule, now);
  const double above = static_cast<double>(spent_) + 1 - rule.burst;
  return above <= 0 ? 0 : static_cast<std::uint64_t>(std::ceil(above * 1000 / rule.per_second));
}

}  // namespace microframe::ws
