#include "proto/zlib_stream.hpp"

#include <zlib.h>

#include <new>

namespace microframe::proto {
namespace {

// zlib is C: it is told of a lack of memory by a null pointer.
void* allocate(void*, uInt items, uInt size) {
  return ::operator new(static_cast<std::size_t>(items) * size, std::nothrow);
}
void give_back(void*, void* block) {
  ::operator delete(block);
}

}  // namespace

z_stream_s* new_zlib_stream() {
  auto* stream = new z_stream{};
  stream->zalloc = allocate;
  stream->zfree = give_back;
  return stream;
}

}  // namespace microframe::proto
