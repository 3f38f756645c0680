#include "microframe/task.hpp"

#include <thread>

namespace microframe {

bool sleep_for::await_ready() {
  if (duration_ <= std::chrono::milliseconds::zero()) return true;
  if (detail::Scheduler::current()) return false;
  std::this_thread::sleep_for(duration_);
  return true;
}

void sleep_for::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = std::make_shared<detail::Waiting>();
  waiting_->set(waiting);
  detail::Scheduler::current()->after(duration_, [state = waiting_] { state->resume(); });
}

sleep_for::~sleep_for() {
  if (waiting_) waiting_->forget();
}

}  // namespace microframe
