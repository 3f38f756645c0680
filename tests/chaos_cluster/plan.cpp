#include "chaos_cluster/plan.hpp"

#include <random>

namespace chaos_cluster {
namespace {

// The same numbers on every machine, which std::uniform_int_distribution does not promise.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  std::chrono::milliseconds between(std::uint64_t from, std::uint64_t to) {
    return std::chrono::milliseconds(from + below(to - from));
  }

 private:
  std::mt19937_64 random_;
};

Action::Kind kind_of(std::uint64_t of_hundred) {
  using Kind = Action::Kind;
  if (of_hundred < 30) return Kind::kill_node;
  if (of_hundred < 43) return Kind::stop_node;
  if (of_hundred < 55) return Kind::end_node;
  if (of_hundred < 67) return Kind::kill_redis;
  if (of_hundred < 79) return Kind::stop_redis;
  if (of_hundred < 87) return Kind::hold_node;
  if (of_hundred < 95) return Kind::cut_members;
  return of_hundred < 98 ? Kind::cut_node : Kind::drop_subs;
}

}  // namespace

const char* name_of(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::kill_node:
      return "node killed";
    case Action::Kind::stop_node:
      return "node stopped";
    case Action::Kind::end_node:
      return "node ended";
    case Action::Kind::kill_redis:
      return "redis killed";
    case Action::Kind::stop_redis:
      return "redis stopped";
    case Action::Kind::hold_node:
      return "node cut off";
    case Action::Kind::cut_node:
      return "connections broken";
    case Action::Kind::drop_subs:
      return "subscriptions dropped";
    case Action::Kind::cut_members:
      return "clients cut off";
  }
  return "";
}

std::vector<Action> plan(std::uint64_t seed, std::size_t actions, std::size_t nodes) {
  Dice dice(seed);
  std::vector<Action> all;
  for (std::size_t i = 0; i < actions; ++i) {
    Action action;
    action.kind = kind_of(dice.below(100));
    action.node = dice.below(nodes);
    action.renamed = dice.percent(50);
    // A node that is away for longer than its lease is held for dead meanwhile.
    const bool is_away =
        action.kind == Action::Kind::stop_node || action.kind == Action::Kind::hold_node;
    const bool is_long = is_away && dice.percent(25);
    action.lasts = is_long ? dice.between(11'000, 14'000) : dice.between(50, 2'500);
    action.pause = dice.between(200, 2'500);
    all.push_back(action);
  }
  return all;
}

}  // namespace chaos_cluster
