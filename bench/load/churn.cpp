#include "modes.hpp"

#include <vector>

#include "broken.hpp"
#include "crowd.hpp"
#include "process.hpp"

namespace bench {

Report run_handshake(const Options& options) {
  Crowd crowd(options);
  std::vector<std::uint64_t> since_ns(options.connections);
  std::vector<std::uint64_t> took_ns(options.connections);
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    since_ns[i] = now_ns();
    crowd.add();
  }
  Meter meter(options, crowd.received_bytes());
  const auto on_opened = [&](std::uint32_t index) {
    took_ns[index] = now_ns() - since_ns[index];
    if (options.abort) {
      crowd[index].abort_at_end();
    } else {
      crowd.send_close(index);
    }
  };
  const auto on_done = [&](std::uint32_t index) {
    const std::uint64_t now = now_ns();
    meter.add(1, now - took_ns[index], now);
    since_ns[index] = now;
    crowd.renew(index);
  };
  while (!meter.finished()) {
    crowd.turn([&](std::uint32_t index) {
      crowd.read(index, [](const Received&) { throw Broken("a message that nobody asked for"); });
      if (crowd[index].state() == Client::State::open) on_opened(index);
      const bool aborted = options.abort && crowd[index].state() == Client::State::open;
      if (aborted || crowd[index].state() == Client::State::closed) on_done(index);
    });
  }
  return std::move(meter).report("handshake");
}

}  // namespace bench
