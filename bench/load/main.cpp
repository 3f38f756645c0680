// The load generator. Usage: bench_load echo|relay|handshake|idle URL --pid SERVER [--connections N] [--bytes
// N]
// [--messages N] [--window N] [--tokens FILE] [--binary]. Prints one line of JSON; exits with 1 if anything
// was wrong.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "modes.hpp"

namespace {

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) throw bench::Broken("no tokens in " + path);
  return lines;
}

bench::Options parse(const std::vector<std::string>& arguments) {
  bench::Options options;
  options.target = bench::parse_target(arguments.at(1));
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const auto number = [&] { return static_cast<std::size_t>(std::stoull(arguments.at(++i))); };
    if (name == "--pid")
      options.server = static_cast<pid_t>(number());
    else if (name == "--connections")
      options.connections = number();
    else if (name == "--bytes")
      options.bytes = number();
    else if (name == "--messages")
      options.messages = number();
    else if (name == "--window")
      options.window = number();
    else if (name == "--tokens")
      options.tokens = read_lines(arguments.at(++i));
    else if (name == "--binary")
      options.binary = true;
    else
      throw bench::Broken("unknown option " + name);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::map<std::string, bench::Report (*)(const bench::Options&)> modes = {
      {"echo", &bench::run_echo},
      {"relay", &bench::run_relay},
      {"handshake", &bench::run_handshake},
      {"idle", &bench::run_idle}};
  try {
    modes.at(arguments.at(0))(parse(arguments)).print();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 1;
  }
}
