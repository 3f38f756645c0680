// SimLoop: a loop of the simulated process: what is posted to it waits until the world runs it. At
// most one is current; others may run "meanwhile", while a broadcast of the current one posts (see
// Preempt). It has two queues, as a net::Loop has: what it posts to itself may run before or behind
// what others have posted.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <utility>

#include "base/timer_wheel.hpp"
#include "hub/loop_port.hpp"
#include "simulation/random.hpp"
#include "simulation/trace.hpp"

namespace microframe::simulation {

// What else happens in the process just before a post is made.
class Preempt {
 public:
  virtual void meanwhile() = 0;

 protected:
  ~Preempt() = default;
};

class SimLoop final : public hub::LoopPort {
 public:
  explicit SimLoop(Preempt& preempt) : preempt_(preempt) {}

  bool is_current() const override { return current_ == this; }
  void post(std::function<void()> task) override {
    if (!is_current()) return post_behind(std::move(task));
    preempt_.meanwhile();
    own_.push_back(std::move(task));
  }
  void post_behind(std::function<void()> task) override {
    preempt_.meanwhile();
    tasks_.push_back(std::move(task));
    ++posted_;
  }

  // The world's time is not this one: it comes whenever chance has it.
  void after(std::chrono::milliseconds, std::function<void()> task) override {
    later_.push_back(std::move(task));
  }

  // Whether a call of it is on the stack, so that nothing else can run on it.
  bool busy() const { return busy_; }
  bool waiting() const { return !own_.empty() || !tasks_.empty() || !later_.empty(); }
  // What others have posted so far, and what is behind theirs; and how many of those have run.
  std::uint64_t posted() const { return posted_; }
  std::uint64_t executed() const { return executed_; }

  // The first of either queue, or something that was to come later.
  void run_one(Random& random) {
    const bool posted = !own_.empty() || !tasks_.empty();
    if (!later_.empty() && (!posted || random.percent(20))) {
      const auto task = std::move(later_.front());
      later_.pop_front();
      return on([&] { task(); });
    }
    const bool own = tasks_.empty() || (!own_.empty() && random.percent(50));
    auto& queue = own ? own_ : tasks_;
    const auto task = std::move(queue.front());
    queue.pop_front();
    on([&] { task(); });
    if (!own) ++executed_;
  }
  // Calls `action` as if on this loop.
  template <class Action>
  void on(Action&& action) {
    const Turn turn(*this);
    action();
  }
  // Calls `action` as if on a thread without a loop.
  template <class Action>
  static void outside(Action&& action) {
    const Turn turn;
    action();
  }

  base::TimerWheel& wheel() { return wheel_; }
  // Fires the deadlines that have come.
  // errors: the Violation of the first that broke something.
  void advance(std::uint64_t now_ms) {
    on([&] { wheel_.advance(now_ms); });
    if (violation_) std::rethrow_exception(std::exchange(violation_, nullptr));
  }
  // Calls `action`, which is what a deadline does. A Violation waits for the end of advance(),
  // because no exception may leave the wheel while it walks.
  template <class Action>
  void at_deadline(Action&& action) {
    if (violation_) return;
    try {
      action();
    } catch (const Violation&) {
      violation_ = std::current_exception();
    }
  }

 private:
  // Ends by an exception too.
  class Turn {
   public:
    explicit Turn(SimLoop& loop) : loop_(&loop), before_(std::exchange(current_, &loop)) {
      loop.busy_ = true;
    }
    Turn() : before_(std::exchange(current_, nullptr)) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (loop_) loop_->busy_ = false;
      current_ = before_;
    }

   private:
    SimLoop* loop_ = nullptr;
    SimLoop* before_;
  };

  static inline SimLoop* current_ = nullptr;
  Preempt& preempt_;
  std::deque<std::function<void()>> own_;
  std::deque<std::function<void()>> tasks_;  // of others, and what is behind theirs
  std::deque<std::function<void()>> later_;
  std::uint64_t posted_ = 0;
  std::uint64_t executed_ = 0;
  bool busy_ = false;
  base::TimerWheel wheel_;
  std::exception_ptr violation_;
};

}  // namespace microframe::simulation
