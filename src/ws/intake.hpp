// Intake: when a stream reads what its peer sends: what holds reading up, what has been read from
// the socket and must wait, and how much work the peer's bytes have made. No socket, no clock.
// Threading: the stream's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace microframe::ws {

class Intake {
 public:
  // What holds reading up. Several may at once.
  enum class Hold : std::uint8_t {
    hooks = 1,   // too much waits for a hook
    budget = 2,  // the peer has made more work than it may, and waits until that is paid off
    turn = 4,    // the others on the loop have their turn first
    closed = 8,  // our Close is out, and enough has been read to find the peer's
    rate = 16,   // the peer has sent more messages than it may
  };
  // Work is counted in bytes: of messages once they are inflated, and of what they had sent.
  struct Budget {
    double bytes_per_second;  // 0: no limit
    double bytes_burst;
  };

  bool is_held() const { return held_ != 0; }
  bool is_held_by(Hold why) const { return (held_ & static_cast<unsigned>(why)) != 0; }
  void hold(Hold why) { held_ |= static_cast<std::uint8_t>(why); }
  void release(Hold why) { held_ &= static_cast<std::uint8_t>(~static_cast<unsigned>(why)); }
  void release_all() { held_ = 0; }

  // Keeps bytes that were read, behind those that are kept already.
  // errors: std::bad_alloc.
  void keep(base::Bytes bytes) {
    if (!kept_) kept_ = std::make_unique<std::vector<std::byte>>();
    kept_->insert(kept_->end(), bytes.begin(), bytes.end());
  }
  // returns: what was kept; nullptr for nothing.
  std::unique_ptr<std::vector<std::byte>> take() { return std::exchange(kept_, nullptr); }
  bool keeps_any() const { return kept_ != nullptr; }

  // The peer has made so much work.
  void spend(std::size_t bytes) {
    debt_ += bytes;
    in_turn_ += static_cast<std::uint32_t>(bytes);
  }
  // Whether the peer may be past its budget: wait_ms() says for how long.
  bool may_owe(std::size_t burst) const { return debt_ > burst; }
  // Whether the others should have their turn, after so many bytes of work in this one.
  bool turn_is_over(std::uint32_t bytes_max) const { return in_turn_ >= bytes_max; }
  void begin_turn() { in_turn_ = 0; }
  // returns: milliseconds until the peer's debt is within the budget; 0: it is.
  std::uint64_t wait_ms(const Budget& budget, std::uint64_t now_ms);

 private:
  std::unique_ptr<std::vector<std::byte>> kept_;
  std::uint64_t debt_ = 0;     // bytes that were not paid off by time yet
  std::uint32_t paid_ms_ = 0;  // when the debt was last looked at
  std::uint32_t in_turn_ = 0;  // bytes
  std::uint8_t held_ = 0;
};

}  // namespace microframe::ws
