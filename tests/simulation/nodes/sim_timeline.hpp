// SimTimeline: the broker's thread of one simulated node. Stalled, it runs nothing until it goes on;
// closed, nothing any more. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/to_ms.hpp"
#include "cluster/timeline.hpp"
#include "simulation/nodes/agenda.hpp"
#include "simulation/sim_loop.hpp"

namespace microframe::simulation::nodes {

class SimTimeline final : public cluster::Timeline {
 public:
  // agenda: outlives it.
  explicit SimTimeline(Agenda& agenda) : agenda_(agenda) {}
  SimTimeline(const SimTimeline&) = delete;
  SimTimeline& operator=(const SimTimeline&) = delete;
  ~SimTimeline() { state_->life = Life::closed; }

  void post(std::function<void()> task) override { put(0, std::move(task)); }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    put(base::to_ms(delay), std::move(task));
  }
  std::uint64_t now_ms() const override { return agenda_.now_ms(); }

  bool is_stalled() const { return state_->life == Life::stalled; }
  void stall() { state_->life = Life::stalled; }
  void go_on() {
    if (!is_stalled()) return;
    state_->life = Life::running;
    for (const auto& task : std::exchange(state_->waiting, {})) SimLoop::outside(task);
  }

 private:
  enum class Life : std::uint8_t { running, stalled, closed };
  struct State {
    Life life = Life::running;
    std::vector<std::function<void()>> waiting;
  };

  void put(std::uint64_t delay_ms, std::function<void()> task) {
    agenda_.after(delay_ms, [state = state_, task = std::move(task)] {
      if (state->life == Life::running) SimLoop::outside(task);
      if (state->life == Life::stalled) state->waiting.push_back(task);
    });
  }

  Agenda& agenda_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();  // outlives the timeline
};

}  // namespace microframe::simulation::nodes
