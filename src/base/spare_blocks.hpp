// SpareBlocks: the memory of small buffers that its thread has given back, kept for the next ones, so that
// who sends what has just come asks the heap for nothing. At most 36 KiB.
// Threading: belongs to the thread that makes it; one a thread. Blocks may be given back to another thread's.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <new>

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
      while (shelf.count != 0) ::operator delete(shelf.blocks[--shelf.count]);
    }
  }
  SpareBlocks(const SpareBlocks&) = delete;
  SpareBlocks& operator=(const SpareBlocks&) = delete;

  // A block of that size, from the thread's or from the heap.
  static void* take(std::size_t bytes) {
    if (!kKeeps || bytes > kBytesMax) return ::operator new(bytes);
    const std::size_t index = index_of(bytes);
    if (current_) {
      Shelf& shelf = current_->shelves_[index];
      if (shelf.count != 0) return shelf.blocks[--shelf.count];
    }
    return ::operator new((index + 1) * kStep);
  }
  // Gives back what take() gave for that size.
  static void give(void* block, std::size_t bytes) noexcept {
    if (kKeeps && current_ && bytes <= kBytesMax) {
      Shelf& shelf = current_->shelves_[index_of(bytes)];
      if (shelf.count != kEach) {
        shelf.blocks[shelf.count++] = block;
        return;
      }
    }
    ::operator delete(block);
  }

  // Not under a sanitizer, which could not tell any more who uses a block that was given back.
#ifdef MICROFRAME_SANITIZED
  static constexpr bool kKeeps = false;
#else
  static constexpr bool kKeeps = true;
#endif

 private:
  static constexpr std::size_t kStep = 64;
  static constexpr std::size_t kBytesMax = 512;
  static constexpr std::size_t kEach = 16;
  static std::size_t index_of(std::size_t bytes) { return (bytes - 1) / kStep; }

  // Blocks of one size.
  struct Shelf {
    std::size_t count = 0;
    std::array<void*, kEach> blocks;
  };
  std::array<Shelf, kBytesMax / kStep> shelves_;

  static constinit inline thread_local SpareBlocks* current_ = nullptr;
};

}  // namespace microframe::base
