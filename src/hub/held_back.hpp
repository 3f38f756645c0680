// HeldBack: what a room with a coalescing window has in store for its members on one loop, in
// order, until the window ends. No clock: who holds it is told when that is. Threading: its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "hub/delivery.hpp"

namespace microframe::hub {

class alignas(64) HeldBack {
 public:
  // Past either of them nothing is gained by waiting: a connection's next system call is full.
  static constexpr std::size_t kDeliveriesMax = 64;
  static constexpr std::size_t kBytesMax = 64 * 1024;

  // Numbers it behind those before, unless its room has. errors: std::bad_alloc, as if it had not
  // been.
  void push(Delivery delivery) {
    const std::uint64_t number = delivery.sequence != 0 ? delivery.sequence : sequence_ + 1;
    const std::size_t size = delivery.frame.size();
    delivery.sequence = number;
    deliveries_.push_back(std::move(delivery));
    sequence_ = number;
    bytes_ += size;
  }
  std::vector<Delivery> take() {
    bytes_ = 0;
    return std::exchange(deliveries_, {});
  }

  const std::vector<Delivery>& deliveries() const { return deliveries_; }
  bool full() const { return deliveries_.size() >= kDeliveriesMax || bytes_ >= kBytesMax; }
  // Of the latest that was pushed.
  std::uint64_t sequence() const { return sequence_; }

  bool timed = false;  // somebody comes at the window's end

 private:
  std::vector<Delivery> deliveries_;
  std::size_t bytes_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace microframe::hub
