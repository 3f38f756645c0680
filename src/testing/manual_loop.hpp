// ManualLoop: the loop of a test, which runs when it is told to, and whose clock stands still between.
// Threading: one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "hub/loop_port.hpp"
#include "microframe/detail/scheduler.hpp"

namespace microframe::testing_detail {

class ManualLoop final : public detail::Scheduler, public hub::LoopPort {
 public:
  // Calls `action` on the loop, and then runs all that is due.
  template <class Action>
  void enter(Action&& action) {
    const Inside inside(*this);
    action();
    run_due();
  }
  // Lets time pass, and runs what becomes due meanwhile, each at its moment.
  void advance(std::chrono::milliseconds time) {
    const Inside inside(*this);
    const auto until = now_ + time;
    run_due();
    while (!timers_.empty() && timers_.begin()->first <= until) {
      now_ = timers_.begin()->first;
      const auto task = std::move(timers_.extract(timers_.begin()).mapped());
      task();
      run_due();
    }
    now_ = until;
  }

  // Drops what waits for its moment.
  void forget() { timers_.clear(); }

  // detail::Scheduler and hub::LoopPort
  bool is_current() const override { return inside_; }
  // As of a net::Loop: what it posts to itself runs before what others have posted.
  void post(std::function<void()> task) override {
    (inside_ ? own_ : tasks_).push_back(std::move(task));
  }
  void post_behind(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    timers_.emplace(now_ + delay, std::move(task));
  }
  void work(std::function<void()> job, std::function<void()> done) override {
    job();
    post(std::move(done));
  }

 private:
  class Inside {
   public:
    explicit Inside(ManualLoop& loop)
        : loop_(loop), was_inside_(std::exchange(loop.inside_, true)), before_(current()) {
      set_current(&loop);
    }
    ~Inside() {
      loop_.inside_ = was_inside_;
      set_current(before_);
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    ManualLoop& loop_;
    const bool was_inside_;
    Scheduler* const before_;
  };

  void run_due() {
    while (!own_.empty() || !tasks_.empty()) {
      auto& queue = own_.empty() ? tasks_ : own_;
      const auto task = std::move(queue.front());
      queue.pop_front();
      task();
    }
  }

  bool inside_ = false;
  std::chrono::milliseconds now_{0};
  std::deque<std::function<void()>> own_;
  std::deque<std::function<void()>> tasks_;
  std::multimap<std::chrono::milliseconds, std::function<void()>> timers_;  // by when they are due
};

}  // namespace microframe::testing_detail
