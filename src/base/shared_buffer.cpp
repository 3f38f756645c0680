#include "base/shared_buffer.hpp"

#include <algorithm>

namespace microframe::base {

SharedBuffer SharedBuffer::copy(Bytes bytes) {
  return make(bytes.size(),
              [&](MutableBytes out) { std::copy(bytes.begin(), bytes.end(), out.begin()); });
}

SharedBuffer SharedBuffer::own_copy() const {
  SharedBuffer made = copy(bytes());
  made.set_shedding(shedding());
  if (block_->session_form) made.set_session_form(session_form().own_copy());
  SharedBuffer origin = *this;
  made.block_->origin = std::exchange(origin.block_, nullptr);
  return made;
}

// Makes `made` the companion, unless another thread was faster. returns: the one that is.
SharedBuffer::Block* SharedBuffer::settle(SharedBuffer made) const {
  if (made) made.set_shedding(block_->shedding);  // what may become of one may become of the other
  Block* wanted = made ? made.block_ : block_;
  Block* found = nullptr;
  if (!block_->companion.compare_exchange_strong(found, wanted, std::memory_order_acq_rel))
    return found;
  made.block_ = nullptr;  // its count is the companion's now
  return wanted;
}

void SharedBuffer::set_session_form(SharedBuffer form) {
  const SharedBuffer former(
      std::exchange(block_->session_form, std::exchange(form.block_, nullptr)));
}

SharedBuffer SharedBuffer::session_form() const {
  return share(block_ ? block_->session_form : nullptr);
}

void SharedBuffer::destroy(Block* block) {
  const SharedBuffer form(block->session_form);
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
