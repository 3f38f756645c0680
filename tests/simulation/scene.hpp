// Scene: what everybody in one simulated run shares.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "simulation/random.hpp"
#include "simulation/shadow.hpp"
#include "simulation/sim_loop.hpp"
#include "simulation/trace.hpp"

namespace microframe::simulation {

// Limits of the simulated server, small enough to be met.
inline constexpr std::size_t kServerMessageBytesMax = 600;
inline constexpr std::size_t kServerFragmentsMax = 4;

struct Scene {
  Scene(std::uint64_t seed, bool traced, Preempt& preempt)
      : random(seed),
        stops_reading(seed % 2 == 0),
        trace(traced),
        loops(make_loops(random, preempt)),
        shadow(loops, random, trace) {}

  Random random;
  // Whether the server stops reading its peers now and then. Not for every seed: those that have failed
  // before are odd, and stay what they were.
  bool stops_reading;
  Trace trace;
  std::uint64_t now_ms = 0;
  Shadow::Loops loops;
  Shadow shadow;

 private:
  static Shadow::Loops make_loops(Random& random, Preempt& preempt) {
    Shadow::Loops made(1 + random.below(4));
    for (auto& loop : made) loop = std::make_unique<SimLoop>(preempt);
    return made;
  }
};

}  // namespace microframe::simulation
