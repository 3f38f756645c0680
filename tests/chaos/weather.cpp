#include "chaos/weather.hpp"

namespace chaos {
namespace {

struct Odds {
  Fault::Kind kind;
  unsigned percent;
  int least_ms;
  int most_ms;
};

using Kind = Fault::Kind;

// The times of clients and server in a run are some hundreds of milliseconds (chaos/run.cpp): a
// stall may or may not pass unnoticed.
constexpr Odds kOdds[] = {
    {Kind::reset, 18, 0, 0},     {Kind::end, 12, 0, 0},        {Kind::stall, 18, 20, 900},
    {Kind::half_open, 11, 0, 0}, {Kind::trickle, 14, 50, 600}, {Kind::duplicate, 9, 0, 400},
    {Kind::late, 9, 200, 1500},  {Kind::outage, 9, 100, 900},
};

}  // namespace

const char* name_of(Fault::Kind kind) {
  constexpr const char* kNames[Fault::kKinds] = {"reset",   "end",       "stall", "half_open",
                                                 "trickle", "duplicate", "late",  "outage"};
  return kNames[static_cast<std::size_t>(kind)];
}

// Makes consecutive seeds and lines begin far apart.
Weather::Weather(std::uint64_t seed, std::size_t line) : random_(seed * 1'000'003 + line) {}

milliseconds Weather::between(int least, int most) {
  return milliseconds(least +
                      static_cast<int>(random_.below(static_cast<std::size_t>(most - least) + 1)));
}

// Usually soon after the last fault, because a fault that meets another one finds more errors.
milliseconds Weather::pause() {
  return random_.percent(60) ? between(5, 150) : between(100, 600);
}

Fault Weather::next() {
  std::size_t drawn = random_.below(100);
  const Odds* odds = kOdds;
  while (drawn >= odds->percent) drawn -= odds++->percent;
  Fault fault;
  fault.kind = odds->kind;
  fault.ends = random_.percent(50) ? Ends::both : random_.percent(50) ? Ends::client : Ends::server;
  fault.lasts = between(odds->least_ms, odds->most_ms);
  fault.silently = random_.percent(40);
  fault.behind = random_.percent(50);
  return fault;
}

}  // namespace chaos
