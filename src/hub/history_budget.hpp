// HistoryBudget: the bytes that the histories of all rooms may hold together. Past them the room that
// was written to longest ago loses its history, whole, then the next.
// Threading: any thread. Lock order: a room's order, then the budget.
#pragma once

#include <atomic>
#include <cstddef>

#include "base/mutex.hpp"
#include "base/ref.hpp"

namespace microframe::hub {

// Whoever has a history. It is destroyed only once its history is empty.
class HistoryHolder {
 public:
  HistoryHolder() = default;
  HistoryHolder(const HistoryHolder&) = delete;
  HistoryHolder& operator=(const HistoryHolder&) = delete;

  // Keeps it alive.
  virtual base::Ref<const base::RefCounted> hold() const = 0;
  // Drops what it keeps, and says so to its budget.
  virtual void drop_history() = 0;

 protected:
  virtual ~HistoryHolder() = default;

 private:
  friend class HistoryBudget;  // of this unit

  HistoryHolder* older_ = nullptr;
  HistoryHolder* newer_ = nullptr;
  std::size_t bytes_ = 0;  // 0: it is on no list
};

class HistoryBudget {
 public:
  // bytes_max: 0: no limit.
  explicit HistoryBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // The holder's history has so many bytes now. written: by a new message; it is then the last to
  // lose them. Needs no memory.
  void note(HistoryHolder& holder, std::size_t bytes, bool written);
  // Has the oldest histories dropped until all together are within the limit. The caller holds no
  // lock of a room.
  void shed() { shed_to(bytes_max_); }
  // The same for another limit, for when memory is short.
  void shed_to(std::size_t bytes_max);
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void unlink(HistoryHolder& holder) MICROFRAME_REQUIRES(mutex_);

  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_{0};
  base::Mutex mutex_;
  HistoryHolder* oldest_ MICROFRAME_GUARDED_BY(mutex_) = nullptr;
  HistoryHolder* newest_ MICROFRAME_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace microframe::hub
