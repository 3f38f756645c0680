// LateHandle: a WebSocket that comes later, and goes again. As std::optional, but that the members after
// it may lie in its padding ([[no_unique_address]]), because each connection has one.
// Threading: none of its own.
#pragma once

#include <cassert>
#include <memory>
#include <optional>

#include "microframe/ws/websocket.hpp"

namespace microframe::ws {

class LateHandle {
 public:
  LateHandle() {}
  ~LateHandle() { take(); }
  LateHandle(const LateHandle&) = delete;
  LateHandle& operator=(const LateHandle&) = delete;

  explicit operator bool() const { return is_there_; }
  WebSocket& operator*() {
    assert(is_there_);
    return handle_;
  }
  WebSocket* operator->() { return &**this; }

  // Once, and again after take().
  void set(const WebSocket& handle) {
    assert(!is_there_);
    std::construct_at(&handle_, handle);
    is_there_ = true;
  }
  // returns: nullopt if there is none.
  std::optional<WebSocket> take() {
    std::optional<WebSocket> taken;
    if (!is_there_) return taken;
    taken = handle_;
    is_there_ = false;
    std::destroy_at(&handle_);
    return taken;
  }

 private:
  union {
    WebSocket handle_;
  };
  bool is_there_ = false;
};

}  // namespace microframe::ws
