// The simulation's program: runs seeds, and replays one.
//   simulation_test --from 0 --count 25000    each seed of a range; prints those that fail
//   simulation_test --seed 4711               one seed, with its trace
// Every fourth seed is a run of sessions, the others of plain connections. With `--of nodes` in front,
// each is one of several nodes.

#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "simulation/nodes/world.hpp"
#include "simulation/sessions/world.hpp"
#include "simulation/world.hpp"
#include "support/counted_heap.hpp"

namespace {

using namespace microframe::simulation;

enum class Of : bool { server, nodes };

void play(Of of, std::uint64_t seed, bool traced) {
  if (of == Of::nodes) return nodes::World(seed, traced).run();
  if (seed % 4 == 3) return sessions::World(seed, traced).run();
  World(seed, traced).run();
}

// Has made what is made once in a process, so that it is not taken for a leak.
void warm_up(Of of) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    try {
      play(of, seed, false);
    } catch (const Violation&) {  // told when the seed has its turn
    }
  }
}

// What a run leaves behind is a leak.
bool run(Of of, std::uint64_t seed, bool traced) {
  const std::ptrdiff_t before = test::heap_count().live;
  try {
    play(of, seed, traced);
    const std::ptrdiff_t left = test::heap_count().live - before;
    require(left == 0, [&] { return std::to_string(left) + " blocks are left"; });
    return true;
  } catch (const std::exception& error) {
    std::printf("seed %llu: %s\n  replay it: simulation_test %s--seed %llu\n",
                static_cast<unsigned long long>(seed), error.what(),
                of == Of::nodes ? "--of nodes " : "", static_cast<unsigned long long>(seed));
    return false;
  }
}

// returns: how many failed, a few at most.
int run_range(Of of, std::uint64_t from, std::uint64_t count) {
  constexpr int kFailuresMax = 5;
  int failures = 0;
  for (std::uint64_t seed = from; seed < from + count && failures < kFailuresMax; ++seed) {
    if (!run(of, seed, false)) ++failures;
  }
  return failures;
}

int usage() {
  std::fputs("simulation_test [--of nodes] [--from N] [--count N] | [--of nodes] --seed N\n",
             stderr);
  return 2;
}

}  // namespace

int main(int count, char** words) {
  std::uint64_t from = 0;
  std::uint64_t seeds = 1000;
  bool one = false;
  Of of = Of::server;
  for (int i = 1; i < count; i += 2) {
    if (i + 1 == count) return usage();
    const std::uint64_t value = std::strtoull(words[i + 1], nullptr, 10);
    if (std::strcmp(words[i], "--from") == 0) {
      from = value;
    } else if (std::strcmp(words[i], "--count") == 0) {
      seeds = value;
    } else if (std::strcmp(words[i], "--seed") == 0) {
      one = true;
      from = value;
    } else if (std::strcmp(words[i], "--of") == 0 && std::strcmp(words[i + 1], "nodes") == 0) {
      of = Of::nodes;
    } else {
      return usage();
    }
  }
  warm_up(of);
  if (one) return run(of, from, true) ? 0 : 1;
  const int failures = run_range(of, from, seeds);
  if (failures == 0) std::printf("%llu seeds hold\n", static_cast<unsigned long long>(seeds));
  return failures == 0 ? 0 : 1;
}
