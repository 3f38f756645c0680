// Gate: what a test's coroutine waits for, by co_await gate.opened(), until the test opens the gate.
#pragma once

#include <coroutine>
#include <cstddef>
#include <utility>
#include <vector>

namespace test {

class Gate {
 public:
  // g++ 12 copies an awaitable that a lambda has captured by reference: the Gate itself is none.
  struct Opened {
    bool await_ready() const { return gate->open_; }
    void await_suspend(std::coroutine_handle<> handle) const { gate->waiting_.push_back(handle); }
    void await_resume() const {}
    Gate* gate;
  };

  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  Opened opened() { return {this}; }
  // Resumes all that wait. None of them may have been destroyed meanwhile.
  void open() {
    open_ = true;
    for (const auto handle : std::exchange(waiting_, {})) handle.resume();
  }

 private:
  bool open_ = false;
  std::vector<std::coroutine_handle<>> waiting_;
};

}  // namespace test
