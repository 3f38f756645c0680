// Intake: when a stream reads what its peer sends: what holds reading up, what has been read from
// the socket and must wait, and how much work the peer's bytes have made: as WorkBudget counts it. No
// socket, no clock.
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
    budget = 2,  // its user has made more work than it may, and waits until that is paid off
    turn = 4,    // the others on the loop have their turn first
    closed = 8,  // our Close is out, and enough has been read to find the peer's
    rate = 16,   // the peer has sent more messages than it may
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
    unsettled_ += bytes;
    in_turn_ += static_cast<std::uint32_t>(bytes);
  }
  // Work that no budget has counted yet.
  std::size_t unsettled() const { return unsettled_; }
  std::size_t take_unsettled() { return std::exchange(unsettled_, 0); }
  // Whether the others should have their turn, after so many bytes of work in this one.
  bool turn_is_over(std::size_t bytes_max) const { return in_turn_ >= bytes_max; }
  void begin_turn() { in_turn_ = 0; }
  // Whether a turn of the peer's has ever been over before all was read.
  bool has_long_turns() const { return has_long_turns_; }
  void note_long_turn() { has_long_turns_ = true; }

 private:
  std::unique_ptr<std::vector<std::byte>> kept_;
  std::size_t unsettled_ = 0;  // bytes, as the next
  std::uint32_t in_turn_ = 0;
  std::uint8_t held_ = 0;
  bool has_long_turns_ = false;
};

}  // namespace microframe::ws
