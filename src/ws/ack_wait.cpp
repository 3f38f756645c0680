#include "ws/ack_wait.hpp"

#include <atomic>
#include <utility>

#include "microframe/detail/scheduler.hpp"
#include "ws/server_connection.hpp"

namespace microframe::ws {

// Each answer is written on its connection's loop, and read when the last is in.
struct AckWait::State {
  struct Answer {
    base::Ref<hub::Member> member;
    AckStatus status = AckStatus::disconnected;
    Json data;
  };

  std::vector<Answer> answers;
  std::atomic<std::size_t> missing{0};
  detail::Scheduler* home = nullptr;  // of who waits; nullptr: it blocks its thread
  detail::Waiting waiting;            // of the awaiting thread alone

  static void answered(const std::shared_ptr<State>& state) {
    if (state->missing.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (!state->home) return state->missing.notify_all();
    state->home->post([state] { state->waiting.resume(); });
  }
};

AckWait::AckWait(std::vector<base::Ref<hub::Member>> members, Json message, std::chrono::milliseconds timeout)
    : message_(std::move(message)), timeout_(timeout), state_(std::make_shared<State>()) {
  for (auto& member : members) state_->answers.emplace_back().member = std::move(member);
  state_->missing = state_->answers.size();
}

AckWait::~AckWait() {
  state_->waiting.forget();
}

bool AckWait::await_ready() {
  if (state_->answers.empty()) return true;
  state_->home = detail::Scheduler::current();
  if (state_->home) return false;
  ask();
  for (std::size_t left = state_->missing; left != 0; left = state_->missing) state_->missing.wait(left);
  return true;
}

void AckWait::await_suspend(std::coroutine_handle<> waiting) {
  state_->waiting.set(waiting);
  ask();
}

void AckWait::ask() {
  const auto state = state_;  // an answer at once may end the wait, and this
  const Json message = message_;
  const auto timeout = timeout_;
  for (std::size_t i = 0; i < state->answers.size(); ++i) {
    auto& connection = static_cast<ServerConnection&>(*state->answers[i].member);
    connection.ask(message, timeout, [state, i](AckStatus status, Json data) {
      state->answers[i].status = status;
      state->answers[i].data = std::move(data);
      State::answered(state);
    });
  }
}

std::vector<Ack> AckWait::take() {
  std::vector<Ack> acks;
  acks.reserve(state_->answers.size());
  for (State::Answer& answer : state_->answers) {
    auto& connection = static_cast<ServerConnection&>(*answer.member);
    acks.emplace_back(connection.public_handle(), answer.status, std::move(answer.data));
  }
  return acks;
}

}  // namespace microframe::ws
