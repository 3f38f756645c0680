// HookLine: the hooks of one simulated session: one at a time, in order, and some of them wait.
// On the session's loop.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "base/ref.hpp"
#include "hub/member.hpp"
#include "simulation/random.hpp"
#include "simulation/sim_loop.hpp"

namespace microframe::simulation::sessions {

class HookLine {
 public:
  struct Job {
    bool is_message;  // may be dropped before it has begun
    std::function<void()> begin;
    std::function<void()> end;
  };

  // owner: held while a hook waits. idle: called whenever none runs or waits its turn.
  HookLine(hub::Member& owner, SimLoop& loop, Random& random, std::function<void()> idle)
      : owner_(owner), loop_(loop), random_(random), idle_(std::move(idle)) {}

  void run(Job job) {
    queue_.push_back(std::move(job));
    go_on();
  }
  void drop_messages() {
    std::erase_if(queue_, [](const Job& job) { return job.is_message; });
  }
  bool is_free() const { return !busy_ && queue_.empty(); }

 private:
  void go_on() {
    if (busy_) return;
    while (!queue_.empty()) {
      current_ = std::move(queue_.front());
      queue_.pop_front();
      busy_ = true;
      current_.begin();
      if (random_.percent(25)) {
        return loop_.post([this, keep = base::Ref<hub::Member>(&owner_)] {
          finish();
          go_on();
        });
      }
      finish();
    }
    idle_();
  }
  void finish() {
    if (current_.end) current_.end();
    current_ = {};
    busy_ = false;
  }

  hub::Member& owner_;
  SimLoop& loop_;
  Random& random_;
  const std::function<void()> idle_;
  std::deque<Job> queue_;
  Job current_;
  bool busy_ = false;
};

}  // namespace microframe::simulation::sessions
