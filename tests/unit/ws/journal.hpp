// What the tests of ws use on both sides of a loop: a Journal, in which the loop writes what has
// happened and which the test reads, and a Gate, at which a hook waits until the test opens it.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace test {

// Any thread.
class Journal {
 public:
  using Lines = std::vector<std::string>;

  void note(std::string line) {
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::move(line));
    }
    changed_.notify_all();
  }
  // Waits until there are `count` lines.
  // returns: all lines; fewer than `count` if they do not come within ten seconds.
  Lines wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return lines_.size() >= count; });
    return lines_;
  }
  // Waits until there is such a line.
  // returns: false if it does not come within ten seconds.
  bool wait_for(const std::string& line) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return holds(line); });
  }
  Lines lines() { return wait_for(std::size_t{0}); }
  bool has(const std::string& line) {
    const std::lock_guard lock(mutex_);
    return holds(line);
  }

 private:
  bool holds(const std::string& line) const {
    return std::find(lines_.begin(), lines_.end(), line) != lines_.end();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Lines lines_;
};

// One loop's. A coroutine that waits may be destroyed.
class Gate {
 public:
  // Awaited by name, not as a temporary: g++ 12 miscompiles some of those.
  class Wait {
   public:
    explicit Wait(Gate& gate) : gate_(gate) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { std::erase(gate_.waits_, this); }

    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      waiting_ = waiting;
      gate_.waits_.push_back(this);
    }
    void await_resume() {}

   private:
    friend class Gate;
    Gate& gate_;
    std::coroutine_handle<> waiting_;
  };

  // Lets go on who waits now, one after the other.
  void open() {
    for (std::size_t left = waits_.size(); left != 0 && !waits_.empty(); --left) {
      Wait& first = *waits_.front();
      waits_.erase(waits_.begin());
      first.waiting_.resume();
    }
  }
  std::size_t waiting() const { return waits_.size(); }

 private:
  std::vector<Wait*> waits_;
};

}  // namespace test
