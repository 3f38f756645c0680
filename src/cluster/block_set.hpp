// BlockSet: a set of blocks of memory that others own, in as few bytes as can be: a table of
// pointers with linear probing (Knuth, The Art of Computer Programming, 6.4, algorithms L and R), at
// most seven eighths full. Hash: gives a block's hash. Threading: none of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace microframe::cluster {

template <class Hash>
class BlockSet {
 public:
  BlockSet() = default;
  BlockSet(BlockSet&& other) noexcept { swap(other); }
  BlockSet& operator=(BlockSet&& other) noexcept {
    swap(other);
    return *this;
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return capacity_ * sizeof(char*); }

  // Makes room for one more.
  // errors: std::bad_alloc; then nothing has changed.
  void reserve_one() {
    if (8 * (size_ + 1) > 7 * capacity_) resize(capacity_ == 0 ? kCapacityMin : 2 * capacity_);
  }
  // After reserve_one(). block: not in the set.
  void insert(char* block) {
    place(slots_.get(), capacity_, block);
    ++size_;
  }
  // The block with this hash of which is(block) holds; nullptr if there is none.
  template <class Is>
  char* find(std::uint32_t hash, Is&& is) const {
    if (capacity_ == 0) return nullptr;
    for (std::uint32_t at = hash & (capacity_ - 1); slots_[at]; at = next(at))
      if (is(slots_[at])) return slots_[at];
    return nullptr;
  }
  // block: in the set.
  void erase(const char* block) {
    std::uint32_t hole = Hash()(block) & (capacity_ - 1);
    while (slots_[hole] != block) hole = next(hole);
    // Those that were displaced past the hole move up into it.
    for (std::uint32_t at = next(hole); slots_[at]; at = next(at)) {
      const std::uint32_t home = Hash()(slots_[at]) & (capacity_ - 1);
      if (((at - home) & (capacity_ - 1)) < ((at - hole) & (capacity_ - 1))) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = nullptr;
    --size_;
    shrink();
  }
  // visit changes no set.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t at = 0; at < capacity_; ++at)
      if (slots_[at]) visit(slots_[at]);
  }

 private:
  static constexpr std::uint32_t kCapacityMin = 4;

  std::uint32_t next(std::uint32_t at) const { return (at + 1) & (capacity_ - 1); }
  static void place(char** slots, std::uint32_t capacity, char* block) {
    std::uint32_t at = Hash()(block) & (capacity - 1);
    while (slots[at]) at = (at + 1) & (capacity - 1);
    slots[at] = block;
  }
  void resize(std::uint32_t capacity) {
    auto slots = std::make_unique<char*[]>(capacity);
    for_each([&](char* block) { place(slots.get(), capacity, block); });
    slots_ = std::move(slots);
    capacity_ = capacity;
  }
  // Without memory for a smaller table, the large one stays.
  void shrink() {
    if (size_ == 0) {
      slots_.reset();
      capacity_ = 0;
    } else if (capacity_ > kCapacityMin && 4 * size_ < capacity_) {
      try {
        resize(capacity_ / 2);
      } catch (const std::bad_alloc&) {
      }
    }
  }
  void swap(BlockSet& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(capacity_, other.capacity_);
    std::swap(size_, other.size_);
  }

  std::unique_ptr<char*[]> slots_;  // nullptr: free
  std::uint32_t capacity_ = 0;      // 0, or a power of two
  std::uint32_t size_ = 0;
};

}  // namespace microframe::cluster
