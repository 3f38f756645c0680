// Closing a libuv handle that lives in a block of its own. Included by .cpp files of net only.
#pragma once

#include <uv.h>

namespace microframe::net {

// Closes `block->uv`, whose data is `block`, and calls `release(block)` once libuv has let go of
// it. The loop's thread, or after the loop has ended, when all handles are closed already.
template <class Block>
void close_handle(Block* block, void (*release)(Block*)) {
  auto* handle = reinterpret_cast<uv_handle_t*>(&block->uv);
  if (uv_is_closing(handle)) return release(block);
  block->release = release;
  uv_close(handle, [](uv_handle_t* closed) {
    auto* self = static_cast<Block*>(closed->data);
    self->release(self);
  });
}

}  // namespace microframe::net
