// Scheduler: what a waiting coroutine needs from the thread that it runs on. The event loop
// implements it. Not for applications.
#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <utility>

#include "microframe/detail/activity.hpp"
#include "microframe/detail/turn.hpp"

namespace microframe::detail {

class Scheduler {
 public:
  virtual ~Scheduler() = default;

  // Runs `callback` on the scheduler's own thread, soon. Call from any thread.
  virtual void post(std::function<void()> callback) = 0;
  // Runs `callback` after `delay`. Call on the scheduler's own thread only.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> callback) = 0;
  // Runs `job` on a worker thread, then `done` on the scheduler's own. Call on the scheduler's
  // own thread only.
  virtual void work(std::function<void()> job, std::function<void()> done) = 0;

  // Which function of the application runs on the scheduler's own thread.
  ActivitySign& activity() { return activity_; }
  // Which message is handled on the scheduler's own thread.
  TurnSign& turn() { return turn_; }

  // returns: the calling thread's scheduler; nullptr on a thread without one.
  static Scheduler* current();

 protected:
  static void set_current(Scheduler* scheduler);

 private:
  ActivitySign activity_;
  TurnSign turn_;
};

// A coroutine that may be destroyed before it is resumed. Used on one thread, which has a
// scheduler.
class Waiting {
 public:
  void set(std::coroutine_handle<> handle) {
    handle_ = handle;
    activity_ = Scheduler::current()->activity().read().activity;
    turn_ = HeldTurn(Scheduler::current()->turn().shown());
  }
  void forget() {
    handle_ = {};
    turn_ = {};
  }
  // Resumes the coroutine, as a part of the hook that waited.
  void resume() {
    const auto handle = std::exchange(handle_, {});
    if (!handle) return;
    Scheduler& scheduler = *Scheduler::current();
    const ActivitySign::Scope scope(scheduler.activity(), activity_);
    const HeldTurn held = std::exchange(turn_, {});
    const TurnSign::Scope turn(scheduler.turn(), held.get());
    handle.resume();
  }

 private:
  std::coroutine_handle<> handle_;
  Activity activity_;
  HeldTurn turn_;
};

}  // namespace microframe::detail
