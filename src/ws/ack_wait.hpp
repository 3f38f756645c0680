// AckWait: the awaitable behind ChatBase::send_acked(): sends a message to devices and waits until
// each has answered. Threading: awaited on any loop, or blocking on a thread without one. It may be
// destroyed while it waits.
#pragma once

#include <chrono>
#include <coroutine>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.hpp"
#include "hub/member.hpp"
#include "microframe/json.hpp"
#include "microframe/ws/ack.hpp"

namespace microframe::ws {

class Inquiries;

class AckWait {
 public:
  AckWait(std::vector<base::Ref<hub::Member>> devices, Json message,
          std::chrono::milliseconds timeout);
  // The user's devices on other nodes are asked as well. Before it is awaited.
  // others: outlives what is waited for.
  void ask_elsewhere(Inquiries& others, std::string_view user);
  AckWait(const AckWait&) = delete;
  AckWait& operator=(const AckWait&) = delete;
  ~AckWait();

  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiting);
  void await_resume() const {}
  // What came of it: in the devices' order, without those whom there was no memory to ask; then the
  // other nodes'.
  std::vector<Ack> take();

 private:
  struct State;
  class Patience;
  void ask();

  const std::vector<base::Ref<hub::Member>> devices_;
  const Json message_;
  const std::chrono::milliseconds timeout_;
  Inquiries* others_ = nullptr;
  std::string user_;
  std::vector<std::string> nodes_;
  std::shared_ptr<State> state_;
  std::unique_ptr<Patience> patience_;
};

}  // namespace microframe::ws
