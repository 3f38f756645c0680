// ByteBuffer: bytes that grow at the end, of which none is written before it is used, as
// std::vector would.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <memory>

#include "base/bytes.hpp"

namespace microframe::proto {

class ByteBuffer {
 public:
  base::Bytes bytes() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  // The room behind the bytes; what is written there counts once grow() says so.
  base::MutableBytes room() { return {data_.get() + size_, capacity_ - size_}; }
  void grow(std::size_t written) {
    assert(written <= capacity_ - size_);
    size_ += written;
  }
  // Keeps the memory.
  void clear() { size_ = 0; }
  void release() {
    data_.reset();
    size_ = capacity_ = 0;
  }
  // Makes room for `capacity` bytes in all.
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    std::copy_n(data_.get(), size_, larger.get());
    data_ = std::move(larger);
    capacity_ = capacity;
  }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace microframe::proto
