// SteppedLoop: a net::Loop that a test runs on its own thread, step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "net/loop.hpp"

namespace microframe::ws {

class SteppedLoop {
 public:
  // Runs the steps on the loop, and then ends the loop. What a step has posted runs before the next
  // step. All steps are of one iteration, so the loop's own clock stands still. Once.
  void run(std::vector<std::function<void()>> steps) {
    steps_ = std::move(steps);
    loop.post([this] { go_to(0); });
    loop.run();
  }
  // Has the deadlines come that are due within `ms` from the iteration's begin.
  void pass(std::uint64_t ms) { loop.wheel().advance(loop.now_ms() + ms); }

  net::Loop loop;

 private:
  void go_to(std::size_t step) {
    if (step == steps_.size()) return loop.stop();
    steps_[step]();
    // Posted twice, so that what posts of the step have posted runs before the next step too.
    loop.post([this, step] { loop.post([this, step] { go_to(step + 1); }); });
  }

  std::vector<std::function<void()>> steps_;
};

}  // namespace microframe::ws
