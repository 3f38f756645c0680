#include "base/shared_buffer.hpp"

#include <algorithm>

namespace microframe::base {

SharedBuffer SharedBuffer::copy(Bytes bytes) {
  return make(bytes.size(), [&](MutableBytes out) { std::copy(bytes.begin(), bytes.end(), out.begin()); });
}

void SharedBuffer::destroy(Block* block) {
  block->~Block();
  ::operator delete(block);
}

}  // namespace microframe::base
