// The kinds of load.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "client.hpp"
#include "report.hpp"

namespace bench {

struct Options {
  Target target;
  pid_t server = 0;                 // whose CPU and memory are measured
  std::vector<std::string> tokens;  // used in turn; empty: none
  std::size_t connections = 100;
  std::size_t bytes = 64;
  std::size_t messages = 200'000;  // counted; half as many before them warm up
  std::size_t window = 1;          // relay: messages under way
  bool binary = false;
};

// Each connection has one message under way; each must come back as it was.
Report run_echo(const Options& options);
// One member sends, everyone receives; `messages` counts deliveries.
Report run_relay(const Options& options);
// Connect, shake hands, close, again and again, `connections` at a time; `messages` counts handshakes.
Report run_handshake(const Options& options);
// Opens `connections`, holds them, and looks at the server's memory.
Report run_idle(const Options& options);

}  // namespace bench
