// The load generator of `./dev bench`, which judges any WebSocket server on this machine. kUsage
// describes its use.

#include <cstdio>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "broken.hpp"
#include "modes.hpp"
#include "options.hpp"

int main(int argc, char** argv) {
  using Mode = bench::Report (*)(const bench::Options&);
  const std::map<std::string, Mode> modes = {{"echo", &bench::run_echo},
                                             {"relay", &bench::run_relay},
                                             {"chat", &bench::run_chat},
                                             {"handshake", &bench::run_handshake},
                                             {"idle", &bench::run_idle}};
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto mode = arguments.empty() ? modes.end() : modes.find(arguments.front());
  if (mode == modes.end()) {
    std::fputs(bench::kUsage, stderr);
    return 2;
  }
  try {
    const bench::Options options = bench::parse_options(std::span(arguments).subspan(1));
    std::puts(mode->second(options).json().c_str());
    return 0;
  } catch (const bench::Broken& broken) {
    std::fprintf(stderr, "bench_load: %s\n", broken.what());
    return 1;
  }
}
