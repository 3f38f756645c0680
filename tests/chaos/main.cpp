// The chaos program: one run of a seed. Prints the verdict as a line of JSON.
//   chaos --seed 17 [--cpp-clients 10] [--js-clients 10] [--messages 200]
// Exit code: 0 if all holds, 1 if not, 2 if the run failed.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "chaos/run.hpp"

namespace {

int usage() {
  std::fputs("chaos [--seed N] [--cpp-clients N] [--js-clients N] [--messages N]\n", stderr);
  return 2;
}

bool take(const char* name, const char* text, chaos::RunOptions& options) {
  const auto value = std::strtoull(text, nullptr, 10);
  if (std::strcmp(name, "--seed") == 0) {
    options.seed = value;
  } else if (std::strcmp(name, "--cpp-clients") == 0) {
    options.cpp_clients = value;
  } else if (std::strcmp(name, "--js-clients") == 0) {
    options.js_clients = value;
  } else if (std::strcmp(name, "--messages") == 0) {
    options.messages = static_cast<std::int64_t>(value);
  } else {
    return false;
  }
  return true;
}

microframe::Json report(const chaos::RunOptions& options, const chaos::RunResult& result,
                        double seconds) {
  const chaos::Verdict& verdict = result.verdict;
  boost::json::object faults;
  for (std::size_t kind = 0; kind < result.faults.size(); ++kind)
    faults[chaos::name_of(static_cast<chaos::Fault::Kind>(kind))] = result.faults[kind];
  boost::json::array problems(verdict.problems.begin(), verdict.problems.end());
  return {{"seed", options.seed},
          {"seconds", seconds},
          {"sent", verdict.sent},
          {"acknowledged", verdict.acknowledged},
          {"handled_once", verdict.handled_once},
          {"unknown", verdict.unknown},
          {"lost", verdict.lost},
          {"repeated", verdict.repeated},
          {"out_of_order", verdict.out_of_order},
          {"gaps_untold", verdict.gaps_untold},
          {"gaps_told", verdict.gaps_told},
          {"unequal", verdict.unequal},
          {"resumed", verdict.resumed},
          {"anew", verdict.anew},
          {"faults", std::move(faults)},
          {"problems", std::move(problems)}};
}

}  // namespace

int main(int count, char** words) {
  chaos::RunOptions options;
  for (int i = 1; i < count; i += 2)
    if (i + 1 == count || !take(words[i], words[i + 1], options)) return usage();
  ::signal(SIGPIPE, SIG_IGN);  // node may have ended
  const auto begun = std::chrono::steady_clock::now();
  try {
    const chaos::RunResult result = chaos::run(options);
    const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - begun;
    std::puts(microframe::to_text(report(options, result, lasted.count())).c_str());
    return result.verdict.holds() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\n", error.what());
    return 2;
  }
}
