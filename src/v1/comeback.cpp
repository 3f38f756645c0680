#include "v1/comeback.hpp"

#include <algorithm>

#include "v1/close_codes.hpp"

namespace microframe::v1 {
namespace {

// A connection that ends sooner, and was of no use, is as good as none: a server that welcomes and
// closes at once must not be asked again and again without a pause.
constexpr std::uint64_t kSettledMs = 5'000;
// Who has sent too much waits at least this long: what was sent at once must not be sent at once
// again.
constexpr std::uint64_t kTooMuchMs = 5'000;
// No advice is taken that makes a client wait longer.
constexpr std::uint64_t kAdviceMsMax = 3'600'000;

// 0: what some runtimes say where no Close came. After kMessageTooBig only that message is at its end.
bool heals(std::uint16_t code) {
  return code == 0 || code == close::kGoingAway || code == close::kNoCode || code == close::kLost ||
         code == close::kMessageTooBig ||
         (code >= close::kInternalError && code <= close::kBadGateway) || code == close::kTooSlow ||
         code == close::kTooManyMessages;
}

std::uint64_t wait_of(const std::optional<Advice>& advice) {
  return advice ? std::min(advice->retry_ms, kAdviceMsMax) : 0;
}

}  // namespace

std::uint16_t close_code_of(const ConnectionEnd& end) {
  if (end.status == 401) return close::kUnauthenticated;
  if (end.status == 403) return close::kForbidden;
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
  verdict.delay_ms = std::max(wait_of(advice), at_once ? 0 : jitter);
  return verdict;
}

Comeback::Verdict Comeback::after(const ConnectionEnd& end, const std::optional<Advice>& advice,
                                  std::uint64_t now_ms, double chance) {
  if (welcomed_ms_ && now_ms - *welcomed_ms_ >= kSettledMs) attempts_ = 0;
  welcomed_ms_.reset();
  const std::uint16_t code = close_code_of(end);
  if (code == close::kUnauthenticated) return after_refusal(advice, chance);
  Verdict verdict;
  // A server may advise against coming back after 1009, because the same message would end the
  // next connection too. The session does not send it again.
  verdict.comes_back = advice && code != close::kMessageTooBig ? advice->reconnect : heals(code);
  if (!verdict.comes_back) return verdict;
  // The server has spread the returns of all whom it advised; only who comes again and again adds
  // to that.
  const bool advised = advice && attempts_ == 0;
  const std::uint64_t jitter = next_delay_ms(chance);
  verdict.delay_ms = advised ? wait_of(advice) : std::max(wait_of(advice), jitter);
  if (code == close::kTooManyMessages)
    verdict.delay_ms = std::max(verdict.delay_ms, kTooMuchMs + jitter);
  // All that were turned away are told the same number: each adds its own chance.
  if (end.retry_after_ms) verdict.delay_ms = *end.retry_after_ms + jitter;
  return verdict;
}

}  // namespace microframe::v1
