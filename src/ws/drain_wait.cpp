#include "ws/drain_wait.hpp"

#include <atomic>

#include "microframe/detail/scheduler.hpp"
#include "ws/device_port.hpp"

namespace microframe::ws {

// Written on the connection's loop, read after the hand-over to where it is awaited.
struct DrainWait::State {
  enum class Outcome : std::uint8_t { waiting, drained, closed };
  std::atomic<Outcome> outcome{Outcome::waiting};
  detail::Waiting waiting;  // of the awaiting thread alone

  void end(bool drained) {
    outcome = drained ? Outcome::drained : Outcome::closed;
    outcome.notify_all();
  }
};

DrainWait::~DrainWait() {
  if (state_) state_->waiting.forget();
}

bool DrainWait::await_ready() {
  state_ = std::make_shared<State>();
  if (detail::Scheduler::current()) return false;
  device_.when_drained([state = state_](bool drained) { state->end(drained); });
  state_->outcome.wait(State::Outcome::waiting);
  return true;
}

void DrainWait::await_suspend(std::coroutine_handle<> waiting) {
  state_->waiting.set(waiting);
  device_.when_drained([state = state_, home = detail::Scheduler::current()](bool drained) {
    state->end(drained);
    home->post([state] { state->waiting.resume(); });
  });
}

bool DrainWait::await_resume() const {
  return state_->outcome == State::Outcome::drained;
}

}  // namespace microframe::ws
