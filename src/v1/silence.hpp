// Silence: when a client asks a server that says nothing whether it is there, and when it gives it
// up (docs/protocol.md, Keeping alive). Pure: time is an argument.
#pragma once

#include <cstdint>
#include <optional>

namespace microframe::v1 {

class Silence {
 public:
  enum class Verdict : std::uint8_t { alive, ask, lost };

  // answer_ms: of silence after we have asked.
  explicit Silence(std::uint64_t answer_ms) : answer_ms_(answer_ms) {}

  // ping_ms: of silence before we ask; 0: never.
  void begin(std::uint64_t ping_ms, std::uint64_t now_ms) {
    ping_ms_ = ping_ms;
    heard_ms_ = now_ms;
    asked_ms_.reset();
  }
  void heard(std::uint64_t at_ms) {
    if (at_ms <= heard_ms_) return;
    heard_ms_ = at_ms;
    if (asked_ms_ && at_ms >= *asked_ms_) asked_ms_.reset();
  }
  std::optional<std::uint64_t> deadline_ms() const {
    if (ping_ms_ == 0) return std::nullopt;
    return asked_ms_ ? *asked_ms_ + answer_ms_ : heard_ms_ + ping_ms_;
  }
  // `ask` is said once; the caller then sends the question.
  Verdict check(std::uint64_t now_ms) {
    const auto deadline = deadline_ms();
    if (!deadline || now_ms < *deadline) return Verdict::alive;
    if (asked_ms_) return Verdict::lost;
    asked_ms_ = now_ms;
    return Verdict::ask;
  }

 private:
  const std::uint64_t answer_ms_;
  std::uint64_t ping_ms_ = 0;
  std::uint64_t heard_ms_ = 0;
  std::optional<std::uint64_t> asked_ms_;
};

}  // namespace microframe::v1
