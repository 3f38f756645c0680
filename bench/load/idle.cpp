#include "modes.hpp"

#include <chrono>

#include "broken.hpp"
#include "crowd.hpp"
#include "process.hpp"

namespace bench {

Report run_idle(const Options& options) {
  Report report;
  report.mode = "idle";
  report.connections = options.connections;
  report.memory_before_bytes = options.memory_before_bytes != 0 ? options.memory_before_bytes
                                                                : anonymous_bytes(options.server);
  report.server_cpu_ns = cpu_ns(options.server);
  const std::uint64_t begun_ns = now_ns();
  Crowd crowd(options);
  crowd.open_all();
  report.messages = crowd.size();
  report.wall_ns = now_ns() - begun_ns;
  report.received_bytes = crowd.received_bytes();
  report.server_cpu_ns = cpu_ns(options.server) - report.server_cpu_ns;

  const std::uint64_t hold_ns = options.hold_seconds * 1'000'000'000;
  for (const std::uint64_t open_ns = now_ns(); now_ns() - open_ns < hold_ns;) {
    // Pings are answered; a connection that ends is Broken.
    crowd.turn(std::chrono::milliseconds(50), [&](std::uint32_t index) {
      crowd.read(index, [](const Received&) { throw Broken("a message that nobody asked for"); });
    });
  }
  report.memory_after_bytes = anonymous_bytes(options.server);
  return report;
}

}  // namespace bench
