// ReceivedCount: how many frames of its session a client has had, and when it says so
// (docs/protocol.md, Counting). Pure: time is an argument.
#pragma once

#include <cstdint>
#include <optional>

namespace microframe::v1 {

class ReceivedCount {
 public:
  // A new session begins.
  void begin() { *this = {}; }
  // A frame has come.
  // returns: whether it is time to tell.
  bool count(std::uint64_t now_ms) {
    ++received_;
    if (!tell_at_ms_) tell_at_ms_ = now_ms + kTellMs;
    return received_ - told_ >= kTellFrames;
  }
  // The server is being told, by a frame or with the offer to resume.
  // returns: the count.
  std::uint64_t tell() {
    told_ = received_;
    tell_at_ms_.reset();
    return received_;
  }
  // When the server must be told at the latest; nullopt if it knows.
  std::optional<std::uint64_t> tell_at_ms() const { return tell_at_ms_; }

 private:
  static constexpr std::uint64_t kTellFrames = 64;
  static constexpr std::uint64_t kTellMs = 1'000;

  std::uint64_t received_ = 0;
  std::uint64_t told_ = 0;
  std::optional<std::uint64_t> tell_at_ms_;
};

}  // namespace microframe::v1
