// TakeoverBudget: the bytes that the compressors of single connections may hold together. Any
// thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace microframe::guard {

class TakeoverBudget {
 public:
  // A part of the budget, given back on destruction. It must not outlive the budget.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() {
      if (budget_) budget_->bytes_.fetch_sub(bytes_, std::memory_order_relaxed);
    }

   private:
    friend class TakeoverBudget;
    Share(TakeoverBudget* budget, std::size_t bytes) : budget_(budget), bytes_(bytes) {}
    TakeoverBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
  };

  explicit TakeoverBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // returns: nullopt if less than that is left.
  std::optional<Share> take(std::size_t bytes) {
    std::size_t taken = bytes_.load(std::memory_order_relaxed);
    do {
      if (bytes > bytes_max_ || taken > bytes_max_ - bytes) return std::nullopt;
    } while (!bytes_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
    return Share(this, bytes);
  }
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace microframe::guard
