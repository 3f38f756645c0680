// What a run found out: the server's CPU, latencies, memory; printed as one line of JSON.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

// CPU time of a process, all threads, user and system, in nanoseconds.
std::uint64_t cpu_ns(pid_t pid);
// Its anonymous resident memory in bytes: its own, without the kernel's buffers.
std::uint64_t anonymous_bytes(pid_t pid);
// CLOCK_MONOTONIC.
std::uint64_t now_ns();

struct Report {
  std::string mode;
  std::uint64_t messages = 0;
  std::uint64_t server_cpu_ns = 0;
  std::uint64_t wall_ns = 0;
  std::uint64_t connections = 0;
  double bytes_per_connection = 0;
  std::vector<std::uint64_t> latencies_ns;

  void print();
};

}  // namespace bench
