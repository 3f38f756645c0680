// Guests of a cluster, who talk in rooms and come back when they are lost: a part of
// `./dev bench-cluster` (bench/cluster/run.py).
//   bench_returns ROOMS RATE URL GUESTS [URL GUESTS]..
// Reads MICROFRAME_SECRET. Prints {"open": N} when all are in their rooms, and then talks, RATE
// messages a second. For each line of standard input it prints a line of JSON:
//   begin      a round begins
//   await N    the round, once N guests at least were lost and all are back (in 60 s; or else
//              without those who are not)
//   settle     the verdict, once nobody talks and everyone has heard all (in 30 s)

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "crowd.hpp"
#include "ledger.hpp"

namespace {

using microframe::Json;
using namespace std::chrono_literals;

void say(const Json& what) {
  std::puts(microframe::to_text(what).c_str());
  std::fflush(stdout);
}

void wait(std::chrono::seconds patience, const std::function<bool()>& holds) {
  const auto end = returns::Clock::now() + patience;
  while (!holds() && returns::Clock::now() < end) std::this_thread::sleep_for(10ms);
}

void obey(const std::string& command, returns::Ledger& ledger, returns::Crowd& crowd) {
  if (command == "begin") {
    ledger.begin_round();
    say({{"begun", true}});
  } else if (command.starts_with("await ")) {
    const std::size_t lost = std::strtoul(command.c_str() + 6, nullptr, 10);
    wait(60s, [&] { return ledger.all_are_back(lost); });
    say(ledger.round());
  } else if (command == "settle") {
    crowd.be_quiet();
    wait(30s, [&] { return ledger.is_settled(); });
    Json verdict = ledger.verdict();
    verdict.as_object()["settled"] = ledger.is_settled();
    say(verdict);
  }
}

}  // namespace

int main(int count, char** words) {
  const char* secret = std::getenv("MICROFRAME_SECRET");
  if (!secret || count < 5 || count % 2 == 0) {
    std::fputs("MICROFRAME_SECRET=.. bench_returns ROOMS RATE URL GUESTS [URL GUESTS]..\n", stderr);
    return 2;
  }
  const std::size_t rooms = std::strtoul(words[1], nullptr, 10);
  const std::size_t rate = std::strtoul(words[2], nullptr, 10);
  std::vector<returns::Party> parties;
  std::size_t guests = 0;
  for (int i = 3; i < count; i += 2) {
    parties.push_back({words[i], std::strtoul(words[i + 1], nullptr, 10)});
    guests += parties.back().guests;
  }
  returns::Ledger ledger(guests, rooms);
  returns::Crowd crowd(ledger, parties, rooms, microframe::authx::AuthConfig(secret));
  wait(60s, [&] { return ledger.all_are_back(0); });
  if (!ledger.all_are_back(0)) {
    std::fputs("bench_returns: not all guests came in\n", stderr);
    return 1;
  }
  say({{"open", guests}});
  crowd.talk(rate);
  for (std::string line; std::getline(std::cin, line);) obey(line, ledger, crowd);
  return 0;
}
