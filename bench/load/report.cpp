#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "client.hpp"

namespace bench {

std::uint64_t cpu_ns(pid_t pid) {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
    throw Broken("the server is gone");
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t anonymous_bytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) * 1024;
  }
  throw Broken("the server's memory cannot be read");
}

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

void Report::print() {
  std::sort(latencies_ns.begin(), latencies_ns.end());
  const auto percentile = [&](double part) {
    if (latencies_ns.empty()) return 0.0;
    const auto last = static_cast<double>(latencies_ns.size() - 1);
    return static_cast<double>(latencies_ns[static_cast<std::size_t>(part * last)]) / 1000;
  };
  const auto per_message =
      messages == 0 ? 0.0 : static_cast<double>(server_cpu_ns) / 1000 / static_cast<double>(messages);
  const auto rate = wall_ns == 0 ? 0.0 : static_cast<double>(messages) * 1e9 / static_cast<double>(wall_ns);
  std::printf(
      "{\"mode\":\"%s\",\"messages\":%llu,\"server_cpu_us_per_message\":%.4f,\"messages_per_second\":%.0f,"
      "\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"connections\":%llu,\"bytes_per_connection\":%.0f}"
      "\n",
      mode.c_str(), static_cast<unsigned long long>(messages), per_message, rate, percentile(0.5),
      percentile(0.99), percentile(0.999), static_cast<unsigned long long>(connections),
      bytes_per_connection);
}

}  // namespace bench
