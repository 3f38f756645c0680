// SpareBlocks: the memory of buffers that its thread has given back, kept for the next ones, so
// that who sends what has just come asks the heap for nothing, and the heap does not return to the
// system what is wanted again at once. Blocks of up to 80 KiB: at most 512 KiB of those to 512
// bytes, and 2 MiB of others. Threading: belongs to the thread that makes it; one a thread. Blocks
// may be given back to another thread's.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MICROFRAME_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MICROFRAME_SANITIZED 1
#endif
#endif

namespace microframe::base {

class SpareBlocks {
 public:
  SpareBlocks() {
    assert(!current_);
    current_ = this;
  }
  ~SpareBlocks() {
    current_ = nullptr;
    for (Shelf& shelf : shelves_) {
      while (shelf.first) ::operator delete(shelf.take());
    }
  }
  SpareBlocks(const SpareBlocks&) = delete;
  SpareBlocks& operator=(const SpareBlocks&) = delete;

  // A block of that size, from the thread's or from the heap.
  static void* take(std::size_t bytes) {
    if (!kKeeps || bytes > kBytesMax) return ::operator new(bytes);
    const Size size = size_of(bytes);
    if (current_ && current_->shelves_[size.shelf].first) return current_->take(size);
    return ::operator new(size.bytes);
  }
  // Gives back what take() gave for that size.
  static void give(void* block, std::size_t bytes) noexcept {
    if (kKeeps && current_ && bytes <= kBytesMax && current_->keep(block, size_of(bytes))) return;
    ::operator delete(block);
  }

  // Not under a sanitizer, which could not tell any more who uses a block that was given back.
#ifdef MICROFRAME_SANITIZED
  static constexpr bool kKeeps = false;
#else
  static constexpr bool kKeeps = true;
#endif

 private:
  // Sizes by 64 bytes to 512, above that four to each doubling.
  static constexpr std::size_t kStep = 64;
  static constexpr std::size_t kSmall = 512;
  static constexpr std::size_t kBytesMax = 80 * 1024;
  static constexpr std::size_t kSmallShelves = kSmall / kStep;
  // 512 bytes doubled seven times are 64 KiB.
  static constexpr std::size_t kShelves = kSmallShelves + 7 * 4 + 1;
  static constexpr std::size_t kShelfBytesMax = 64 * 1024;  // of a small size
  static constexpr std::size_t kLargeBytesMax = 2 * 1024 * 1024;

  struct Size {
    std::size_t shelf;
    std::size_t bytes;
  };
  static constexpr Size size_of(std::size_t bytes) {
    if (bytes <= kSmall) {
      const std::size_t index = bytes == 0 ? 0 : (bytes - 1) / kStep;
      return {index, (index + 1) * kStep};
    }
    const auto log = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;  // 9 from 513 on
    const std::size_t quarter = std::size_t{1} << (log - 2);
    const std::size_t quarters = (bytes - 1) / quarter + 1;  // 5 to 8
    return {kSmallShelves + (log - 9) * 4 + quarters - 5, quarters * quarter};
  }

  // What lies in a block that is kept.
  struct Spare {
    Spare* next;
  };
  // Blocks of one size.
  struct Shelf {
    Spare* first = nullptr;
    std::size_t bytes = 0;

    void put(void* block) { first = new (block) Spare{first}; }
    void* take() { return std::exchange(first, first->next); }
  };

  std::size_t& held(const Size& size) {
    return size.bytes <= kSmall ? shelves_[size.shelf].bytes : large_bytes_;
  }
  void* take(const Size& size) {
    held(size) -= size.bytes;
    return shelves_[size.shelf].take();
  }
  bool keep(void* block, const Size& size) {
    std::size_t& bytes = held(size);
    if (bytes + size.bytes > (size.bytes <= kSmall ? kShelfBytesMax : kLargeBytesMax)) return false;
    bytes += size.bytes;
    shelves_[size.shelf].put(block);
    return true;
  }

  std::array<Shelf, kShelves> shelves_;
  std::size_t large_bytes_ = 0;

  static constinit inline thread_local SpareBlocks* current_ = nullptr;
};

}  // namespace microframe::base
