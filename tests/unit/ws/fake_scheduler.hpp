// FakeScheduler: the scheduler of the test's own thread, run by hand.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "microframe/detail/scheduler.hpp"

namespace microframe::ws {

// Current on its thread while it lives.
class FakeScheduler final : public detail::Scheduler {
 public:
  FakeScheduler() { set_current(this); }
  ~FakeScheduler() override { set_current(nullptr); }

  void post(std::function<void()> callback) override { posts_.push_back(std::move(callback)); }
  void after(std::chrono::milliseconds, std::function<void()> callback) override {
    posts_.push_back(std::move(callback));
  }
  void work(std::function<void()> job, std::function<void()> done) override {
    job();
    posts_.push_back(std::move(done));
  }

  std::size_t waiting() const { return posts_.size(); }
  void run_all() {
    while (!posts_.empty()) {
      const auto callback = std::move(posts_.front());
      posts_.pop_front();
      callback();
    }
  }

 private:
  std::deque<std::function<void()>> posts_;
};

// What a coroutine of a test waits for: `co_await gate`. One coroutine at a time.
class Gate {
 public:
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    ++waits_;
    waiting_.set(handle);
  }
  void await_resume() const {}

  void open() { waiting_.resume(); }
  // The coroutine that waits has been destroyed.
  void forget() { waiting_.forget(); }
  // How many coroutines have waited so far.
  int waits() const { return waits_; }

 private:
  detail::Waiting waiting_;
  int waits_ = 0;
};

}  // namespace microframe::ws
