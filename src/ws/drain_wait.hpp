// DrainWait: the awaitable behind WebSocket::drained(): waits until a connection's outbox is empty,
// or the connection is gone. Threading: awaited on any loop, or blocking on a thread without one.
// It may be destroyed while it waits.
#pragma once

#include <coroutine>
#include <memory>

namespace microframe::ws {

class DevicePort;

class DrainWait {
 public:
  // device: outlives it.
  explicit DrainWait(DevicePort& device) : device_(device) {}
  DrainWait(const DrainWait&) = delete;
  DrainWait& operator=(const DrainWait&) = delete;
  ~DrainWait();

  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiting);
  bool await_resume() const;

 private:
  struct State;
  DevicePort& device_;
  std::shared_ptr<State> state_;
};

}  // namespace microframe::ws
