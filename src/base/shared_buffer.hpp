// SharedBuffer: immutable bytes with an atomic reference count, made once and shared by every
// receiver on every loop. One allocation holds count, size and bytes. Copying a SharedBuffer copies
// a pointer. Its content is all of its bytes, or what follows a header at their front. A buffer may
// have a companion: the same content in another encoding, shared as well, for the receivers that
// want that encoding. Threading: any thread.
#pragma once

#include <atomic>
#include <cassert>
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
  // header_bytes: how many of the bytes precede the content; 255 at most.
  template <class Fill>
  static SharedBuffer make(std::size_t size, Fill&& fill, std::size_t header_bytes = 0) {
    assert(header_bytes <= size && header_bytes <= 0xFF);
    SharedBuffer buffer{new (SpareBlocks::take(sizeof(Block) + size))
                            Block{size, static_cast<std::uint8_t>(header_bytes)}};
    fill(MutableBytes{buffer.data(), size});
    return buffer;
  }
  // A buffer that holds a copy of `bytes`, which are all content.
  static SharedBuffer copy(Bytes bytes) { return copy(bytes, 0); }
  // A copy with a count of its own, for many receivers on one loop: to count each receiver in a
  // count that other loops count in too costs ten times as much. The copy's companion, once asked
  // for, is a copy of this buffer's companion. Of an empty buffer: an empty one.
  // errors: std::bad_alloc.
  SharedBuffer own_copy() const;

  // The companion, of which there is one. The first caller has the companion made by `make()`; if
  // make() returns an empty buffer, no other encoding is better, and this buffer is its own
  // companion. Not for an empty buffer; a companion has no companion itself.
  template <class Make>
  SharedBuffer companion(Make&& make) const {
    Block* companion = block_->companion.load(std::memory_order_acquire);
    if (!companion) companion = settle(block_->origin ? companion_of_origin(make) : make());
    companion->references.fetch_add(1, std::memory_order_relaxed);
    return SharedBuffer(companion);
  }

  Bytes bytes() const { return block_ ? Bytes{data(), block_->size} : Bytes{}; }
  // The bytes behind the header.
  Bytes content() const { return block_ ? bytes().subspan(block_->header_bytes) : Bytes{}; }
  std::size_t size() const { return block_ ? block_->size : 0; }
  explicit operator bool() const { return block_ != nullptr; }
  // Whether nobody else holds the buffer.
  bool is_last() const { return block_ && block_->references.load(std::memory_order_acquire) == 1; }

  // The content, for the maker to correct before anyone else can see the buffer.
  MutableBytes unshared_content() const {
    assert(is_last());
    return MutableBytes{data(), block_->size}.subspan(block_->header_bytes);
  }
  // What may become of the buffer where it waits. Set by the maker, before anyone else can see the
  // buffer.
  void set_shedding(const Shedding& shedding) { block_->shedding = shedding; }
  Shedding shedding() const { return block_ ? block_->shedding : Shedding{}; }
  // Whether the content is JSON by its maker's word, and not a text that may look like it. Set by the
  // maker, before anyone else can see the buffer.
  void set_json() { block_->is_json = true; }
  bool is_json() const { return block_ && block_->is_json; }

 private:
  struct Block {
    Block(std::size_t n, std::uint8_t header) : header_bytes(header), size(n) {}
    std::atomic<std::uint32_t> references{1};
    const std::uint8_t header_bytes;  // in the padding, as the next: they cost nothing
    bool is_json = false;
    Shedding shedding;
    const std::size_t size;
    std::atomic<Block*> companion{nullptr};  // counted, unless it is the block itself
    Block* origin = nullptr;                 // counted: the block whose own_copy() this is
  };
  explicit SharedBuffer(Block* block) : block_(block) {}
  static SharedBuffer copy(Bytes bytes, std::size_t header_bytes);
  static void destroy(Block* block);
  static SharedBuffer share(Block* block) {
    if (block) block->references.fetch_add(1, std::memory_order_relaxed);
    return SharedBuffer(block);
  }
  template <class Make>
  SharedBuffer companion_of_origin(Make&& make) const {
    const SharedBuffer origin = share(block_->origin);
    const SharedBuffer found = origin.companion(make);
    return found.block_ == origin.block_ ? SharedBuffer{}
                                         : copy(found.bytes(), found.block_->header_bytes);
  }
  Block* settle(SharedBuffer made) const;
  std::byte* data() const { return reinterpret_cast<std::byte*>(block_ + 1); }

  Block* block_ = nullptr;
};

}  // namespace microframe::base
