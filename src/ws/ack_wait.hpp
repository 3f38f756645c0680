// AckWait: the awaitable behind ChatBase::send_acked(): sends a message to devices and waits until
// each has answered. Threading: awaited on any loop, or blocking on a thread without one. It may be
// destroyed while it waits.
#pragma once

#include <chrono>
#include <coroutine>
#include <memory>
#include <vector>

#include "base/ref.hpp"
#include "hub/member.hpp"
#include "microframe/json.hpp"
#include "microframe/ws/ack.hpp"

namespace microframe::ws {

class AckWait {
 public:
  AckWait(std::vector<base::Ref<hub::Member>> members, Json message,
          std::chrono::milliseconds timeout);
  AckWait(const AckWait&) = delete;
  AckWait& operator=(const AckWait&) = delete;
  ~AckWait();

  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiting);
  void await_resume() const {}
  // What came of it, in the members' order, without those whom there was no memory to ask.
  std::vector<Ack> take();

 private:
  struct State;
  class Expected;
  class Patience;
  void ask();

  const Json message_;
  const std::chrono::milliseconds timeout_;
  std::shared_ptr<State> state_;
  std::unique_ptr<Patience> patience_;
};

}  // namespace microframe::ws
