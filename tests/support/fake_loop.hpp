// FakeLoop: a hub's loop that a test runs by hand.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "hub/loop_port.hpp"

namespace test {

// A loop whose posts wait until the test runs them; at most one is current.
class FakeLoop final : public microframe::hub::LoopPort {
 public:
  bool is_current() const override { return current_ == this; }
  // As in a net::Loop: what the loop posts to itself runs before what others have posted.
  void post(std::function<void()> task) override {
    (is_current() ? own_ : tasks_).push_back(std::move(task));
  }
  void post_behind(std::function<void()> task) override { tasks_.push_back(std::move(task)); }

  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    timers_.emplace(now_ + delay, std::move(task));
  }

  // Lets time pass, and runs what is due by then.
  void pass(std::chrono::milliseconds time) {
    const auto until = now_ + time;
    while (!timers_.empty() && timers_.begin()->first <= until) {
      now_ = timers_.begin()->first;
      auto task = std::move(timers_.extract(timers_.begin()).mapped());
      on([&] { task(); });
    }
    now_ = until;
  }
  std::size_t timers() const { return timers_.size(); }

  bool run_one() {
    auto& queue = own_.empty() ? tasks_ : own_;
    if (queue.empty()) return false;
    auto task = std::move(queue.front());
    queue.pop_front();
    on([&] { task(); });
    return true;
  }
  void run_all() {
    while (run_one()) {
    }
  }
  // Calls `action` as if on this loop.
  template <class Action>
  void on(Action&& action) {
    const FakeLoop* before = std::exchange(current_, this);
    action();
    current_ = before;
  }
  std::size_t waiting() const { return own_.size() + tasks_.size(); }

 private:
  static inline const FakeLoop* current_ = nullptr;
  std::deque<std::function<void()>> own_;
  std::deque<std::function<void()>> tasks_;  // of others, and what is behind theirs
  std::chrono::milliseconds now_{0};
  std::multimap<std::chrono::milliseconds, std::function<void()>> timers_;  // by when they are due
};

}  // namespace test
