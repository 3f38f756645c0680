// Course: the life of a simulated session by the product's table, ws::Life: an event that the table
// refuses ends the run, and what the table has said is counted. On the session's loop.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "ws/life.hpp"

namespace microframe::simulation::sessions {

class Course {
 public:
  using State = ws::Life::State;
  using Event = ws::Life::Event;
  using Action = ws::Life::Action;

  // name: the session's, outlives this.
  explicit Course(const std::string& name) : name_(name) {}

  const ws::Life& life() const { return life_; }
  State state() const { return life_.state(); }
  // errors: Violation, which tells event and state, if the table refuses.
  Action on(Event event);
  // As on(), where the driver knows what the table must say.
  // errors: Violation, if it says anything else.
  void must(Event event, Action action);
  // How often the table has said so.
  unsigned count(Action action) const { return counts_[static_cast<std::size_t>(action)]; }

 private:
  const std::string& name_;
  ws::Life life_;
  std::array<unsigned, static_cast<std::size_t>(Action::refuse) + 1> counts_{};
};

}  // namespace microframe::simulation::sessions
