#include "simulation/sessions/course.hpp"

#include "simulation/trace.hpp"

namespace microframe::simulation::sessions {

Course::Action Course::on(Event event) {
  const Action action = life_.on(event);
  require(action != Action::refuse,
          [&] { return name_ + ": refused: " + ws::refusal(state(), event); });
  ++counts_[static_cast<std::size_t>(action)];
  return action;
}

void Course::must(Event event, Action action) {
  const State before = state();
  require(on(event) == action,
          [&] { return name_ + ": not the action that was due: " + ws::refusal(before, event); });
}

}  // namespace microframe::simulation::sessions
