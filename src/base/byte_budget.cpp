#include "base/byte_budget.hpp"

namespace microframe::base {

void ByteBudget::note(ByteHolder& holder, std::size_t bytes, bool renewed) {
  const Lock lock(mutex_);
  bytes_.fetch_add(bytes - holder.bytes_, std::memory_order_relaxed);
  const bool listed = holder.bytes_ != 0;
  holder.bytes_ = bytes;
  if (listed && (renewed || bytes == 0)) unlink(holder);
  if (bytes == 0 || (listed && !renewed)) return;
  holder.older_ = newest_;
  (newest_ ? newest_->newer_ : oldest_) = &holder;
  newest_ = &holder;
}

void ByteBudget::unlink(ByteHolder& holder) {
  (holder.older_ ? holder.older_->newer_ : oldest_) = holder.newer_;
  (holder.newer_ ? holder.newer_->older_ : newest_) = holder.older_;
  holder.older_ = holder.newer_ = nullptr;
}

void ByteBudget::shed_to(std::size_t bytes_max) {
  if (bytes_max_ == 0) return;
  while (bytes() > bytes_max) {
    ByteHolder* holder = nullptr;
    Ref<const RefCounted> held;
    {
      const Lock lock(mutex_);
      if (!oldest_) return;
      holder = oldest_;
      held = holder->hold();
    }
    holder->give_up_bytes();
  }
}

}  // namespace microframe::base
