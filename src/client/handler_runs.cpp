#include "client/handler_runs.hpp"

namespace microframe::client {

HandlerRuns::Run& HandlerRuns::add(std::shared_ptr<const void> kept) {
  Run& run = state_->runs.emplace_back();
  run.state = state_;
  run.kept = std::move(kept);
  run.self = std::prev(state_->runs.end());
  return run;
}

// The handler has returned, or its coroutine has come to its end.
void HandlerRuns::ended(Run& run) {
  try {
    if (run.task) run.task.result();
  } catch (const std::exception& thrown) {
    return end(run, thrown.what());
  } catch (...) {
    return end(run, kUnknown);
  }
  end(run, nullptr);
}

void HandlerRuns::end(Run& run, const char* failure) {
  const auto state = run.state;
  if (!state->events) return;  // dropped: the owner of the list destroys the run
  std::list<Run> done;
  done.splice(done.begin(), state->runs, run.self);
  state->events->on_handler_ended(run.message, run.reply, failure);
}

HandlerRuns::Dropped HandlerRuns::drop() {
  state_->events = nullptr;
  return std::make_shared<std::list<Run>>(std::move(state_->runs));
}

}  // namespace microframe::client
