// ByteBudget: the bytes that many may keep together. Past them whoever was listed longest ago gives up
// what it keeps, whole, then the next.
// Threading: any thread. Lock order: the holder's own locks, then the budget.
#pragma once

#include <atomic>
#include <cstddef>

#include "base/mutex.hpp"
#include "base/ref.hpp"

namespace microframe::base {

// Whoever keeps bytes. It is destroyed only once the budget has heard that it keeps none.
class ByteHolder {
 public:
  ByteHolder() = default;
  ByteHolder(const ByteHolder&) = delete;
  ByteHolder& operator=(const ByteHolder&) = delete;

  // Keeps it alive.
  virtual Ref<const RefCounted> hold() const = 0;
  // Gives up what it keeps, and says so to its budget.
  virtual void give_up_bytes() = 0;

 protected:
  virtual ~ByteHolder() = default;

 private:
  friend class ByteBudget;  // of this unit

  ByteHolder* older_ = nullptr;
  ByteHolder* newer_ = nullptr;
  std::size_t bytes_ = 0;  // 0: it is on no list
};

class ByteBudget {
 public:
  // bytes_max: 0: no limit.
  explicit ByteBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // The holder keeps so many bytes now. renewed: it is then the last to give them up. Needs no
  // memory.
  void note(ByteHolder& holder, std::size_t bytes, bool renewed);
  // Has the oldest give theirs up until all together are within the limit. The caller holds no lock
  // that a holder takes.
  void shed() { shed_to(bytes_max_); }
  // The same for another limit, for when memory is short.
  void shed_to(std::size_t bytes_max);
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void unlink(ByteHolder& holder) MICROFRAME_REQUIRES(mutex_);

  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_{0};
  Mutex mutex_;
  ByteHolder* oldest_ MICROFRAME_GUARDED_BY(mutex_) = nullptr;
  ByteHolder* newest_ MICROFRAME_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace microframe::base
