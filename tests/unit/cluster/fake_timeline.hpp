// FakeWorld and FakeTimeline: the clock and the tasks of several nodes, which a test turns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "cluster/timeline.hpp"

namespace test {

class FakeWorld {
 public:
  std::uint64_t now_ms() const { return now_ms_; }
  void add(std::uint64_t at_ms, std::function<void()> task) {
    tasks_.emplace(at_ms, std::move(task));  // behind those of the same time
  }
  // Lets time pass, and runs what is due by then.
  void pass(std::chrono::milliseconds time) {
    const std::uint64_t until_ms = now_ms_ + static_cast<std::uint64_t>(time.count());
    while (!tasks_.empty() && tasks_.begin()->first <= until_ms) {
      now_ms_ = tasks_.begin()->first;
      const auto task = std::move(tasks_.extract(tasks_.begin()).mapped());
      task();
    }
    now_ms_ = until_ms;
  }
  // Runs what is due now.
  void settle() { pass(std::chrono::milliseconds(0)); }

 private:
  std::uint64_t now_ms_ = 1'000'000;
  std::multimap<std::uint64_t, std::function<void()>> tasks_;
};

// One node's part of the world. Stalled, it runs nothing until it goes on.
class FakeTimeline final : public microframe::cluster::Timeline {
 public:
  explicit FakeTimeline(FakeWorld& world) : world_(world) {}

  void post(std::function<void()> task) override { after({}, std::move(task)); }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    world_.add(now_ms() + static_cast<std::uint64_t>(delay.count()),
               [state = state_, task = std::move(task)] {
                 if (state->stalled) {
                   state->waiting.push_back(task);
                 } else {
                   task();
                 }
               });
  }
  std::uint64_t now_ms() const override { return world_.now_ms(); }

  void stall() { state_->stalled = true; }
  void go_on() {
    state_->stalled = false;
    for (auto& task : std::exchange(state_->waiting, {})) post(std::move(task));
  }

 private:
  struct State {
    bool stalled = false;
    std::vector<std::function<void()>> waiting;
  };

  FakeWorld& world_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();  // outlives the timeline
};

}  // namespace test
