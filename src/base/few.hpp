// Few<T, N>: a vector whose first N elements lie in place: for what nearly always holds no more,
// and is held by what there are very many of. Elements are moved without throwing. It never grows
// beyond 2^31 elements. Threading: none of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace microframe::base {

template <class T, std::uint32_t kInPlace>
class Few {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);
  static_assert(kInPlace != 0);

 public:
  Few() {}
  Few(Few&& other) noexcept { take(other); }
  Few& operator=(Few&& other) noexcept {
    if (this == &other) return *this;
    destroy();
    take(other);
    return *this;
  }
  Few(const Few&) = delete;
  Few& operator=(const Few&) = delete;
  ~Few() { destroy(); }

  T* begin() { return is_in_place() ? place_ : heap_; }
  const T* begin() const { return is_in_place() ? place_ : heap_; }
  T* end() { return begin() + size_; }
  const T* end() const { return begin() + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // errors: std::bad_alloc, as if it had not been called.
  void push_back(T value) {
    if (size_ == capacity_) grow();
    std::construct_at(end(), std::move(value));
    ++size_;
  }
  // The order of the others stays.
  void erase(T* element) {
    std::move(element + 1, end(), element);
    std::destroy_at(end() - 1);
    --size_;
  }

 private:
  bool is_in_place() const { return capacity_ == kInPlace; }

  void grow() {
    std::allocator<T> memory;
    T* const larger = memory.allocate(std::size_t{capacity_} * 2);
    std::uninitialized_move(begin(), end(), larger);
    const std::uint32_t size = size_;
    const std::uint32_t capacity = capacity_ * 2;
    destroy();
    heap_ = larger;
    size_ = size;
    capacity_ = capacity;
  }
  // Leaves it empty, with nothing of the heap's.
  void destroy() {
    std::destroy(begin(), end());
    if (!is_in_place()) std::allocator<T>().deallocate(heap_, capacity_);
    size_ = 0;
    capacity_ = kInPlace;
  }
  // Of one that is empty, in place.
  void take(Few& other) {
    if (other.is_in_place()) {
      std::uninitialized_move(other.begin(), other.end(), place_);
      size_ = other.size_;
      other.destroy();
      return;
    }
    heap_ = other.heap_;
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, kInPlace);
  }

  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = kInPlace;
  union {
    T place_[kInPlace];
    T* heap_;
  };
};

}  // namespace microframe::base
