// Weather: which faults one run has. Many have few, because each rule holds in its own weather. One
// thread.
#pragma once

#include "simulation/random.hpp"

namespace microframe::simulation::nodes {

struct Weather {
  explicit Weather(Random& random) {
    if (random.percent(20)) return;
    is_calm = false;
    breaks = random.percent(60);
    stalls = random.percent(35);
    kills = random.percent(50);
    stops = random.percent(40);
    forgets = random.percent(20);
    forks = random.percent(25);
  }

  bool is_calm = true;   // nothing of all that
  bool breaks = false;   // connections to the broker are lost
  bool stalls = false;   // nodes stand still
  bool kills = false;    // nodes die
  bool stops = false;    // nodes stop, and say so
  bool forgets = false;  // the broker loses what it keeps
  bool forks = false;    // a replica takes over that lacks the last entries of a log
};

}  // namespace microframe::simulation::nodes
