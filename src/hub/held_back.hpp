// HeldBack: what a room with a coalescing window has in store for its members on one loop, in
// order, until the window ends. No clock: the owner is told when the window ends. Threading: its
// loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "hub/delivery.hpp"

namespace microframe::hub {

class alignas(64) HeldBack {
 public:
  // Past either bound nothing is gained by waiting: a connection's next system call is full.
  static constexpr std::size_t kDeliveriesMax = 64;
  static constexpr std::size_t kBytesMax = 64 * 1024;

  // Numbers the delivery behind those before, unless the room has numbered it.
  // errors: std::bad_alloc; then nothing has changed.
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
  // The number of the latest delivery that was pushed.
  std::uint64_t sequence() const { return sequence_; }

  bool timed = false;  // a timer for the window's end is set

 private:
  std::vector<Delivery> deliveries_;
  std::size_t bytes_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace microframe::hub
