// The chaos_cluster program: one run of a seed. Prints the verdict as a line of JSON.
//   chaos_cluster --seed 17 [--actions 5] [--members 6] [--folder FOLDER for the nodes' logs]
// Exit code: 0 if all holds, 1 if not, 2 if the run failed.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "chaos_cluster/node.hpp"
#include "chaos_cluster/run.hpp"

namespace {

using chaos_cluster::Action;

int usage() {
  std::fputs("chaos_cluster [--seed N] [--actions N] [--members N] [--folder FOLDER]\n", stderr);
  return 2;
}

bool take(std::string_view name, const char* text, chaos_cluster::RunOptions& options) {
  if (name == "--folder") {
    options.folder = text;
    return true;
  }
  const auto value = std::strtoull(text, nullptr, 10);
  if (name == "--seed") {
    options.seed = value;
  } else if (name == "--actions") {
    options.actions = value;
  } else if (name == "--members") {
    options.members = value;
  } else {
    return false;
  }
  return true;
}

microframe::Json report(const chaos_cluster::RunOptions& options,
                        const chaos_cluster::RunResult& result, double seconds) {
  const chaos_cluster::Verdict& verdict = result.verdict;
  boost::json::object actions;
  for (std::size_t kind = 0; kind < result.actions.size(); ++kind)
    actions[chaos_cluster::name_of(static_cast<Action::Kind>(kind))] = result.actions[kind];
  boost::json::array problems(verdict.problems.begin(), verdict.problems.end());
  return {{"seed", options.seed},
          {"seconds", seconds},
          {"sent", verdict.sent},
          {"acknowledged", verdict.acknowledged},
          {"stored", verdict.stored},
          {"unavailable", verdict.unavailable},
          {"unknown", verdict.unknown},
          {"lost", verdict.lost},
          {"repeated", verdict.repeated},
          {"out_of_order", verdict.out_of_order},
          {"gaps_untold", verdict.gaps_untold},
          {"gaps_told", verdict.gaps_told},
          {"unequal", verdict.unequal},
          {"crashed", verdict.crashed},
          {"resumed", verdict.resumed},
          {"anew", verdict.anew},
          {"actions", std::move(actions)},
          {"problems", std::move(problems)}};
}

int serve(char** words) {
  chaos_cluster::NodeSettings settings;
  settings.name = words[2];
  settings.port = static_cast<std::uint16_t>(std::atoi(words[3]));
  settings.broker = words[4];
  return chaos_cluster::serve_node(settings);
}

}  // namespace

int main(int count, char** words) {
  if (count == 5 && std::string_view(words[1]) == "--serve") return serve(words);
  chaos_cluster::RunOptions options;
  options.folder = "/tmp";
  for (int i = 1; i < count; i += 2)
    if (i + 1 == count || !take(words[i], words[i + 1], options)) return usage();
  ::signal(SIGPIPE, SIG_IGN);
  const auto begun = std::chrono::steady_clock::now();
  try {
    const chaos_cluster::RunResult result = chaos_cluster::run(options);
    const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - begun;
    std::puts(microframe::to_text(report(options, result, lasted.count())).c_str());
    return result.verdict.holds() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos_cluster: %s\n", error.what());
    return 2;
  }
}
