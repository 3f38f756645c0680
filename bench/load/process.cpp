#include "process.hpp"

#include <ctime>
#include <fstream>
#include <string>

#include "broken.hpp"

namespace bench {
namespace {

std::uint64_t in_ns(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t cpu_ns(pid_t pid) {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    throw Broken("the server's process is gone");
  }
  return in_ns(time);
}

// smaps_rollup walks the pages, because the counters of /proc/PID/status may lag by some hundred
// kB.
std::uint64_t anonymous_bytes(pid_t pid) {
  constexpr std::string_view kField = "Anonymous:";
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kField)) return std::stoull(line.substr(kField.size())) * 1024;
  }
  throw Broken("the server's memory cannot be read");
}

}  // namespace

std::uint64_t cpu_ns(std::span<const pid_t> server) {
  std::uint64_t sum = 0;
  for (const pid_t pid : server) sum += cpu_ns(pid);
  return sum;
}

std::uint64_t anonymous_bytes(std::span<const pid_t> server) {
  std::uint64_t sum = 0;
  for (const pid_t pid : server) sum += anonymous_bytes(pid);
  return sum;
}

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return in_ns(time);
}

}  // namespace bench
