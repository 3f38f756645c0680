// ThreadTimeline: a Timeline that is a thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "cluster/timeline.hpp"

namespace test {

class ThreadTimeline final : public microframe::cluster::Timeline {
 public:
  ThreadTimeline() : thread_([this] { run(); }) {}
  ~ThreadTimeline() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void post(std::function<void()> task) override { after({}, std::move(task)); }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.emplace(Clock::now() + delay, std::move(task));
    }
    changed_.notify_one();
  }
  std::uint64_t now_ms() const override {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch())
            .count());
  }

 private:
  using Clock = std::chrono::steady_clock;

  void run() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
      if (tasks_.empty()) {
        changed_.wait(lock);
      } else if (tasks_.begin()->first > Clock::now()) {
        changed_.wait_until(lock, tasks_.begin()->first);
      } else {
        const auto task = std::move(tasks_.extract(tasks_.begin()).mapped());
        lock.unlock();
        task();
        lock.lock();
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::function<void()>> tasks_;  // in order where times are equal
  bool ending_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace test
