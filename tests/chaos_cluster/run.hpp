// A run: nodes, a Redis and members that talk, while what a plan says befalls them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "chaos_cluster/judge.hpp"
#include "chaos_cluster/plan.hpp"

namespace chaos_cluster {

struct RunOptions {
  RunOptions() = default;

  std::uint64_t seed = 0;
  std::size_t actions = 5;
  std::size_t nodes = 3;
  std::size_t members = 6;
  std::string folder;  // where the nodes' logs go
};

struct RunResult {
  RunResult() = default;

  Verdict verdict;
  std::array<unsigned, Action::kKinds> actions{};
};

// errors: std::runtime_error if the run could not be finished.
RunResult run(const RunOptions& options);

}  // namespace chaos_cluster
