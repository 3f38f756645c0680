#include "ws/ack_wait.hpp"

#include <atomic>
#include <cstddef>
#include <new>
#include <utility>

#include "base/timer_wheel.hpp"
#include "base/to_ms.hpp"
#include "microframe/detail/scheduler.hpp"
#include "net/loop.hpp"
#include "ws/ask_devices.hpp"
#include "ws/gather.hpp"
#include "ws/inquiries.hpp"

namespace microframe::ws {
namespace {

// This node's first, then those of each other.
using Parts = Gather<Gather<Ack>::Answers>;

}  // namespace

// Written where the last answer comes, read after the hand-over to who waits.
struct AckWait::State {
  Parts::Answers parts;
  std::atomic<bool> is_over{false};
  detail::Scheduler* home = nullptr;  // of who waits; nullptr: it blocks its thread
  detail::Waiting waiting;            // of the awaiting thread alone

  // Without memory to tell that all have answered, Patience finds out.
  static void end(const std::shared_ptr<State>& state, Parts::Answers& parts) try {
    state->parts = std::move(parts);
    state->is_over = true;
    if (!state->home) return state->is_over.notify_all();
    state->home->post([state] { state->waiting.resume(); });
  } catch (const std::bad_alloc&) {
  }
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
    if (state->is_over) return state->waiting.resume();
    arm(0);
  }

 private:
  void arm(std::uint64_t after_ms) {
    auto& loop = static_cast<net::Loop&>(*state_->home);
    loop.wheel().arm(*this, loop.now_ms() + after_ms);
  }

  const std::shared_ptr<State> state_;
};

AckWait::AckWait(std::vector<base::Ref<hub::Member>> devices, Json message,
                 std::chrono::milliseconds timeout)
    : devices_(std::move(devices)),
      message_(std::move(message)),
      timeout_(timeout),
      state_(std::make_shared<State>()) {}

AckWait::~AckWait() {
  state_->waiting.forget();
}

void AckWait::ask_elsewhere(Inquiries& others, std::string_view user) {
  others_ = &others;
  user_ = user;
  nodes_ = others.nodes_of(user);
}

bool AckWait::await_ready() {
  if (devices_.empty() && nodes_.empty()) return true;
  state_->home = detail::Scheduler::current();
  if (state_->home) return false;
  ask();
  state_->is_over.wait(false);
  return true;
}

void AckWait::await_suspend(std::coroutine_handle<> waiting) {
  patience_ =
      std::make_unique<Patience>(state_, nodes_.empty() ? timeout_ : timeout_ + Inquiries::kGrace);
  state_->waiting.set(waiting);
  ask();
}

// An answer at once may end the wait, and this: only what is held here is used.
void AckWait::ask() {
  const auto devices = devices_;
  const Json message = message_;
  const auto timeout = timeout_;
  const auto nodes = nodes_;
  const std::string user = user_;
  Inquiries* const others = others_;
  const std::string text = nodes.empty() ? std::string() : to_text(message);
  auto places = Parts::begin(1 + nodes.size(),
                             [state = state_](Parts::Answers& parts) { State::end(state, parts); });
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    others->ask(nodes[i], user, text, timeout,
                [place = std::move(places[1 + i])](Gather<Ack>::Answers&& answers) {
                  place->come(std::move(answers));
                });
  }
  ask_devices(devices, message, timeout,
              [place = std::move(places[0])](Gather<Ack>::Answers& answers) {
                place->come(std::move(answers));
              });
}

std::vector<Ack> AckWait::take() {
  std::vector<Ack> acks;
  for (auto& part : state_->parts) {
    if (!part) continue;
    for (auto& answer : *part)
      if (answer) acks.push_back(std::move(*answer));
  }
  return acks;
}

}  // namespace microframe::ws
