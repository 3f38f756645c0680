#include "v1/comeback.hpp"

#include <algorithm>

namespace microframe::v1 {
namespace {

constexpr std::uint16_t kUnauthenticated = 4401;
constexpr std::uint16_t kForbidden = 4403;
// A connection that ends sooner, and was of no use, is as good as none: a server that welcomes and
// closes at once must not be asked again and again without a pause.
constexpr std::uint64_t kSettledMs = 5'000;

bool heals(std::uint16_t code) {
  return code == 1001 || code == 1006 || (code >= 1011 && code <= 1013) || code == 4408;
}

}  // namespace

std::uint16_t close_code_of(const ConnectionEnd& end) {
  if (end.status == 401) return kUnauthenticated;
  if (end.status == 403) return kForbidden;
  return end.code;
}

std::uint64_t Comeback::next_delay_ms(double chance) {
  // 2^20 times any first delay is past any last one.
  const std::uint64_t doubled = bounds_.first_ms << std::min(attempts_, 20U);
  ++attempts_;
  return static_cast<std::uint64_t>(static_cast<double>(std::min(doubled, bounds_.max_ms)) *
                                    chance);
}

Comeback::Verdict Comeback::after_refusal(const std::optional<Advice>& advice, double chance) {
  Verdict verdict;
  if (refused_ || (advice && !advice->reconnect)) return verdict;
  refused_ = true;
  verdict.comes_back = verdict.fresh_token = true;
  const bool at_once = attempts_ == 0;
  const std::uint64_t jitter = next_delay_ms(chance);
  verdict.delay_ms = std::max(advice ? advice->retry_ms : 0, at_once ? 0 : jitter);
  return verdict;
}

Comeback::Verdict Comeback::after(const ConnectionEnd& end, const std::optional<Advice>& advice,
                                  std::uint64_t now_ms, double chance) {
  if (welcomed_ms_ && now_ms - *welcomed_ms_ >= kSettledMs) attempts_ = 0;
  welcomed_ms_.reset();
  const std::uint16_t code = close_code_of(end);
  if (code == kUnauthenticated) return after_refusal(advice, chance);
  Verdict verdict;
  verdict.comes_back = advice ? advice->reconnect : heals(code);
  if (!verdict.comes_back) return verdict;
  // The server has spread the returns of all whom it advised; only who comes again and again adds
  // to that.
  const bool advised = advice && attempts_ == 0;
  const std::uint64_t jitter = next_delay_ms(chance);
  verdict.delay_ms = advised ? advice->retry_ms : std::max(advice ? advice->retry_ms : 0, jitter);
  // All that were turned away are told the same number: each adds its own chance.
  if (end.retry_after_ms) verdict.delay_ms = *end.retry_after_ms + jitter;
  return verdict;
}

}  // namespace microframe::v1
