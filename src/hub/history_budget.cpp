#include "hub/history_budget.hpp"

namespace microframe::hub {

using base::Lock;

void HistoryBudget::note(HistoryHolder& holder, std::size_t bytes, bool written) {
  const Lock lock(mutex_);
  bytes_.fetch_add(bytes - holder.bytes_, std::memory_order_relaxed);
  const bool listed = holder.bytes_ != 0;
  holder.bytes_ = bytes;
  if (listed && (written || bytes == 0)) unlink(holder);
  if (bytes == 0 || (listed && !written)) return;
  holder.older_ = newest_;
  (newest_ ? newest_->newer_ : oldest_) = &holder;
  newest_ = &holder;
}

void HistoryBudget::unlink(HistoryHolder& holder) {
  (holder.older_ ? holder.older_->newer_ : oldest_) = holder.newer_;
  (holder.newer_ ? holder.newer_->older_ : newest_) = holder.older_;
  holder.older_ = holder.newer_ = nullptr;
}

void HistoryBudget::shed_to(std::size_t bytes_max) {
  if (bytes_max_ == 0) return;
  while (bytes() > bytes_max) {
    HistoryHolder* holder = nullptr;
    base::Ref<const base::RefCounted> held;
    {
      const Lock lock(mutex_);
      if (!oldest_) return;
      holder = oldest_;
      held = holder->hold();
    }
    holder->drop_history();
  }
}

}  // namespace microframe::hub
