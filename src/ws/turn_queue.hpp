// TurnQueue: what the connections of one loop still have to do whose turn was long enough: one of
// them goes on per iteration, so that all others on the loop are served in between.
// Threading: its loop.
#pragma once

#include <deque>
#include <functional>
#include <new>
#include <utility>

#include "net/loop.hpp"
#include "ws/long_turns.hpp"

namespace microframe::ws {

class TurnQueue {
 public:
  // Both outlive it.
  TurnQueue(net::Loop& loop, const LongTurns& long_turns) : loop_(loop), long_turns_(long_turns) {}

  // Has `task` called behind the tasks that wait, in an iteration of its own.
  // errors: std::bad_alloc; then nothing has changed.
  void add(std::function<void()> task) {
    tasks_.push_back(std::move(task));
    try {
      if (tasks_.size() == 1) post();
    } catch (...) {
      tasks_.pop_back();
      throw;
    }
  }

 private:
  void post() {
    loop_.post_next([this] { run_one(); });
  }
  // Where there was a long turn already, the task waits. Posts for the next first: whatever the task does, the others have their turn. Without memory
  // to post, the next task follows at once, because nobody else would call it.
  void run_one() {
    if (long_turns_.had_one(loop_.iteration()) && try_post()) return;
    bool posted = true;
    do {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      posted = tasks_.empty() || try_post();
      task();
    } while (!posted);
  }
  bool try_post() {
    try {
      post();
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  net::Loop& loop_;
  const LongTurns& long_turns_;
  std::deque<std::function<void()>> tasks_;
};

}  // namespace microframe::ws
