// Meter: counts and times a run: first the warm-up, then the part that is reported.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "options.hpp"

namespace bench {

struct Report {
  std::string mode;
  std::uint64_t connections = 0;
  std::uint64_t messages = 0;
  std::uint64_t server_cpu_ns = 0;
  std::uint64_t wall_ns = 0;
  std::uint64_t received_bytes = 0;
  std::vector<std::uint64_t> latencies_ns;
  std::uint64_t memory_before_bytes = 0;  // 0: not measured
  std::uint64_t memory_after_bytes = 0;

  // One line of JSON.
  std::string json();
};

class Meter {
 public:
  // Starts the warm-up.
  // received_bytes: counts what comes from the server; must outlive the meter.
  Meter(const Options& options, const std::uint64_t& received_bytes);

  // `count` messages are finished at `now_ns`; the last of them began at `begun_ns`.
  void add(std::uint64_t count, std::uint64_t begun_ns, std::uint64_t now_ns);
  bool finished() const { return phase_ == Phase::finished; }
  // Call once the run is finished.
  Report report(std::string mode) &&;

 private:
  enum class Phase : std::uint8_t { warming_up, counting, finished };

  // Whether the phase is over, whose length is that of the options divided by `divisor`.
  bool over(std::uint64_t divisor, std::uint64_t now_ns) const;

  const Options& options_;
  const std::uint64_t& received_bytes_;
  Phase phase_ = Phase::warming_up;
  std::uint64_t done_ = 0;    // in this phase
  std::uint64_t since_ns_;    // when this phase began
  std::uint64_t cpu_ns_ = 0;  // the server's CPU time at that moment
  std::uint64_t bytes_ = 0;   // received by then
  Report report_;
};

}  // namespace bench
