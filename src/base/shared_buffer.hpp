// SharedBuffer: immutable bytes with an atomic reference count, made once and shared by every
// receiver on every loop. One allocation holds count, size and bytes. Copying a SharedBuffer copies
// a pointer. It may have a companion: the same content in another encoding, likewise shared, for
// those who want it so; and a session form: the same content as sessions of microframe.v1 are sent
// it. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "base/bytes.hpp"
#include "base/shedding.hpp"
#include "base/spare_blocks.hpp"

namespace microframe::base {

class SharedBuffer {
 public:
  SharedBuffer() = default;
  SharedBuffer(const SharedBuffer& other) : block_(other.block_) {
    if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  SharedBuffer(SharedBuffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBuffer& operator=(SharedBuffer other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBuffer() {
    if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(block_);
  }

  // Makes a buffer of `size` bytes that `fill(MutableBytes)` writes before anyone else can see it.
  template <class Fill>
  static SharedBuffer make(std::size_t size, Fill&& fill) {
    SharedBuffer buffer{new (SpareBlocks::take(sizeof(Block) + size)) Block{size}};
    fill(MutableBytes{buffer.data(), size});
    return buffer;
  }
  // A buffer that holds a copy of `bytes`.
  static SharedBuffer copy(Bytes bytes);
  // A copy with a count of its own, for many receivers on one loop: counting each in and out of a
  // count that other loops count in too costs ten times as much. Its companion, once asked for, and
  // its session form are likewise copies of this one's. errors: std::bad_alloc.
  SharedBuffer own_copy() const;

  // The companion, of which there is one. Whoever asks first has it made by `make()`; if make()
  // returns an empty buffer there is none that is any better, and this buffer is its own. Not for
  // an empty buffer; a companion has none itself.
  template <class Make>
  SharedBuffer companion(Make&& make) const {
    Block* companion = block_->companion.load(std::memory_order_acquire);
    if (!companion) companion = settle(block_->origin ? companion_of_origin(make) : make());
    companion->references.fetch_add(1, std::memory_order_relaxed);
    return SharedBuffer(companion);
  }

  Bytes bytes() const { return block_ ? Bytes{data(), block_->size} : Bytes{}; }
  std::size_t size() const { return block_ ? block_->size : 0; }
  explicit operator bool() const { return block_ != nullptr; }
  // Whether nobody else holds it.
  bool is_last() const { return block_ && block_->references.load(std::memory_order_acquire) == 1; }

  // What sessions are sent in its place; empty where there is none. Set by its maker, before anyone
  // else can see it; it has a companion of its own, and no session form.
  void set_session_form(SharedBuffer form);
  SharedBuffer session_form() const;

  // What may become of it where it waits. Set by its maker, before anyone else can see it.
  void set_shedding(const Shedding& shedding) { block_->shedding = shedding; }
  Shedding shedding() const { return block_ ? block_->shedding : Shedding{}; }

 private:
  struct Block {
    explicit Block(std::size_t n) : size(n) {}
    std::atomic<std::uint32_t> references{1};
    Shedding shedding;
    std::size_t size;
    std::atomic<Block*> companion{nullptr};  // counted, but for the block itself
    Block* session_form = nullptr;           // counted
    Block* origin = nullptr;                 // counted: whose own_copy() this is
  };
  explicit SharedBuffer(Block* block) : block_(block) {}
  static void destroy(Block* block);
  static SharedBuffer share(Block* block) {
    if (block) block->references.fetch_add(1, std::memory_order_relaxed);
    return SharedBuffer(block);
  }
  template <class Make>
  SharedBuffer companion_of_origin(Make&& make) const {
    const SharedBuffer origin = share(block_->origin);
    const SharedBuffer found = origin.companion(make);
    return found.block_ == origin.block_ ? SharedBuffer{} : copy(found.bytes());
  }
  Block* settle(SharedBuffer made) const;
  std::byte* data() const { return reinterpret_cast<std::byte*>(block_ + 1); }

  Block* block_ = nullptr;
};

}  // namespace microframe::base
