// What a waiting coroutine needs of the thread it runs on. Implemented by the event loop; not for
// applications.
#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <utility>

namespace microframe::detail {

class Scheduler {
 public:
  virtual ~Scheduler() = default;

  // Runs `callback` on the scheduler's own thread, soon. Any thread.
  virtual void post(std::function<void()> callback) = 0;
  // Runs `callback` after `delay`. The scheduler's own thread only.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> callback) = 0;
  // Runs `job` on a worker thread, then `done` on the scheduler's own. The scheduler's own thread only.
  virtual void work(std::function<void()> job, std::function<void()> done) = 0;

  // The calling thread's scheduler; nullptr on a thread without one.
  static Scheduler* current();

 protected:
  static void set_current(Scheduler* scheduler);
};

// A coroutine that may be destroyed before it is resumed. One thread.
class Waiting {
 public:
  void set(std::coroutine_handle<> handle) { handle_ = handle; }
  void forget() { handle_ = {}; }
  void resume() {
    if (auto handle = std::exchange(handle_, {})) handle.resume();
  }

 private:
  std::coroutine_handle<> handle_;
};

}  // namespace microframe::detail
