// HeldToken: the access token that a client connects with, and when the client wants another. Pure:
// time is an argument.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace microframe::v1 {

class HeldToken {
 public:
  // good_for_ms: until the token expires; nullopt if that is not known: the token is then good until
  // it is refused.
  void hold(std::string token, std::optional<std::uint64_t> good_for_ms, std::uint64_t now_ms) {
    // An application that has nothing fresher yet is not asked again and again.
    const std::uint64_t pause_ms = token == value_ ? kPauseMs : kPauseMs / 20;
    value_ = std::move(token);
    good_ = true;
    fresh_until_ms_.reset();
    refresh_at_ms_.reset();
    if (!good_for_ms) return;
    // A fifth of the token's life is left then, in case something goes wrong.
    fresh_until_ms_ = now_ms + (*good_for_ms - *good_for_ms / 5);
    refresh_at_ms_ = std::max(now_ms + pause_ms, *fresh_until_ms_);
  }
  // The token was refused.
  void spoil() { good_ = false; }
  // A fresh token could not be had, or was not taken.
  void ask_again_later(std::uint64_t now_ms) { refresh_at_ms_ = now_ms + kPauseMs; }
  void asked() { refresh_at_ms_.reset(); }

  // Whether the token will do for a new connection.
  bool is_good(std::uint64_t now_ms) const {
    return good_ && (!fresh_until_ms_ || now_ms < *fresh_until_ms_);
  }
  const std::string& value() const { return value_; }
  // When a fresh token must be asked for, so that a connection outlives this one.
  std::optional<std::uint64_t> refresh_at_ms() const { return refresh_at_ms_; }

 private:
  static constexpr std::uint64_t kPauseMs = 10'000;

  std::string value_;
  bool good_ = false;
  std::optional<std::uint64_t> fresh_until_ms_;
  std::optional<std::uint64_t> refresh_at_ms_;
};

}  // namespace microframe::v1
