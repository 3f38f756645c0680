// Slots: a bounded number of places, each given back when its holder goes. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace microframe::base {

class Slots {
 public:
  // A place, or none. It must not outlive its Slots.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(slots_, other.slots_);
      return *this;
    }
    ~Place() {
      if (slots_) slots_->taken_.fetch_sub(1, std::memory_order_relaxed);
    }
    explicit operator bool() const { return slots_ != nullptr; }

   private:
    friend class Slots;
    explicit Place(Slots* slots) : slots_(slots) {}
    Slots* slots_ = nullptr;
  };

  // max: 0 is no bound.
  explicit Slots(std::size_t max) : max_(max) {}

  // returns: none if all are taken.
  Place take() {
    const std::size_t before = taken_.fetch_add(1, std::memory_order_relaxed);
    if (max_ == 0 || before < max_) return Place(this);
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return Place();
  }
  std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const std::size_t max_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace microframe::base
