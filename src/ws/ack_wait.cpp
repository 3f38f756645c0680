#include "ws/ack_wait.hpp"

#include <atomic>
#include <new>
#include <optional>
#include <utility>

#include "base/timer_wheel.hpp"
#include "base/to_ms.hpp"
#include "microframe/detail/scheduler.hpp"
#include "net/loop.hpp"

namespace microframe::ws {

// Each answer is written on its device's loop, and read when the last is in.
struct AckWait::State {
  std::vector<base::Ref<hub::Member>> members;
  std::vector<std::optional<Ack>> answers;  // by member
  std::atomic<std::size_t> missing{0};
  detail::Scheduler* home = nullptr;  // of who waits; nullptr: it blocks its thread
  detail::Waiting waiting;            // of the awaiting thread alone

  // Without memory to tell that it was the last, Patience finds out.
  static void answered(const std::shared_ptr<State>& state) try {
    if (state->missing.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (!state->home) return state->missing.notify_all();
    state->home->post([state] { state->waiting.resume(); });
  } catch (const std::bad_alloc&) {
  }
};

// One device's answer; if this is dropped before the answer came, there was no memory to ask.
class AckWait::Expected {
 public:
  Expected(std::shared_ptr<State> state, std::size_t index)
      : state_(std::move(state)), index_(index) {}
  Expected(const Expected&) = delete;
  Expected& operator=(const Expected&) = delete;
  ~Expected() {
    if (!came_) State::answered(state_);
  }
  void come(Ack&& answer) {
    state_->answers[index_] = std::move(answer);
    came_ = true;
    State::answered(state_);
  }

 private:
  const std::shared_ptr<State> state_;
  const std::size_t index_;
  bool came_ = false;
};

// Looks, when all should have answered, whether they have.
class AckWait::Patience final : public base::TimerNode {
 public:
  Patience(std::shared_ptr<State> state, std::chrono::milliseconds timeout)
      : state_(std::move(state)) {
    arm(base::to_ms(timeout));
  }
  void on_deadline(std::uint64_t) override {
    const auto state = state_;  // whoever goes on lets go of this
    if (state->missing == 0) return state->waiting.resume();
    arm(0);
  }

 private:
  void arm(std::uint64_t after_ms) {
    auto& loop = static_cast<net::Loop&>(*state_->home);
    loop.wheel().arm(*this, loop.now_ms() + after_ms);
  }

  const std::shared_ptr<State> state_;
};

AckWait::AckWait(std::vector<base::Ref<hub::Member>> members, Json message,
                 std::chrono::milliseconds timeout)
    : message_(std::move(message)), timeout_(timeout), state_(std::make_shared<State>()) {
  state_->members = std::move(members);
  state_->answers.resize(state_->members.size());
  state_->missing = state_->members.size();
}

AckWait::~AckWait() {
  state_->waiting.forget();
}

bool AckWait::await_ready() {
  if (state_->members.empty()) return true;
  state_->home = detail::Scheduler::current();
  if (state_->home) return false;
  ask();
  for (std::size_t left = state_->missing; left != 0; left = state_->missing)
    state_->missing.wait(left);
  return true;
}

void AckWait::await_suspend(std::coroutine_handle<> waiting) {
  patience_ = std::make_unique<Patience>(state_, timeout_);
  state_->waiting.set(waiting);
  ask();
}

void AckWait::ask() {
  const auto state = state_;  // an answer at once may end the wait, and this
  const Json message = message_;
  const auto timeout = timeout_;
  std::vector<std::shared_ptr<Expected>> expected;
  expected.reserve(state->answers.size());
  for (std::size_t i = 0; i < state->answers.size(); ++i)
    expected.push_back(std::make_shared<Expected>(state, i));
  for (std::size_t i = 0; i < state->members.size(); ++i) {
    state->members[i]->ask(message, timeout, [answer = std::move(expected[i])](Ack&& ack) {
      answer->come(std::move(ack));
    });
  }
}

std::vector<Ack> AckWait::take() {
  std::vector<Ack> acks;
  acks.reserve(state_->answers.size());
  for (auto& answer : state_->answers) {
    if (answer) acks.push_back(std::move(*answer));
  }
  return acks;
}

}  // namespace microframe::ws
