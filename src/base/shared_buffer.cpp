#include "base/shared_buffer.hpp"

#include <algorithm>

namespace microframe::base {

SharedBuffer SharedBuffer::copy(Bytes bytes, std::size_t header_bytes) {
  return make(
      bytes.size(), [&](MutableBytes out) { std::copy(bytes.begin(), bytes.end(), out.begin()); },
      header_bytes);
}

SharedBuffer SharedBuffer::own_copy() const {
  if (!block_) return {};
  SharedBuffer made = copy(bytes(), block_->header_bytes);
  made.set_shedding(shedding());
  made.block_->is_json = is_json();
  SharedBuffer origin = *this;
  made.block_->origin = std::exchange(origin.block_, nullptr);
  return made;
}

// Makes `made` the companion, unless another thread was faster.
// returns: the companion.
SharedBuffer::Block* SharedBuffer::settle(SharedBuffer made) const {
  if (made) made.set_shedding(block_->shedding);  // the two are shed alike
  Block* wanted = made ? made.block_ : block_;
  Block* found = nullptr;
  if (!block_->companion.compare_exchange_strong(found, wanted, std::memory_order_acq_rel))
    return found;
  made.block_ = nullptr;  // the handle's count is the companion's now
  return wanted;
}

void SharedBuffer::destroy(Block* block) {
  const SharedBuffer origin(block->origin);
  Block* companion = block->companion.load(std::memory_order_acquire);
  if (companion != block) {
    const SharedBuffer release(companion);
  }
  const std::size_t bytes = sizeof(Block) + block->size;
  block->~Block();
  SpareBlocks::give(block, bytes);
}

}  // namespace microframe::base
