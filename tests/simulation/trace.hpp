// Trace: what a replayed seed does, line by line; and Violation, how a run ends that broke an
// invariant.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

namespace microframe::simulation {

class Violation : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Trace {
 public:
  explicit Trace(bool on) : on_(on) {}

  // `line()` makes the text, and is called only where somebody reads it.
  template <class Line>
  void operator()(Line&& line) const {
    if (on_) std::puts(std::string(line()).c_str());
  }

 private:
  bool on_;
};

// errors: Violation, with what `what()` says.
template <class What>
void require(bool holds, What&& what) {
  if (!holds) throw Violation(what());
}

}  // namespace microframe::simulation
