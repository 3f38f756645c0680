// A run: a server, a Proxy in front of it, and members that talk through the proxy, all shaped by
// one seed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "chaos/judge.hpp"
#include "chaos/weather.hpp"

namespace chaos {

struct RunOptions {
  RunOptions() = default;

  std::uint64_t seed = 0;
  std::size_t cpp_clients = 10;
  std::size_t js_clients = 10;
  std::int64_t messages = 200;  // per member
};

struct RunResult {
  RunResult() = default;

  Verdict verdict;
  std::array<unsigned, Fault::kKinds> faults{};
};

// errors: std::runtime_error if the run could not be finished.
RunResult run(const RunOptions& options);

}  // namespace chaos
