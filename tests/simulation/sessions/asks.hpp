// Asks: the messages of a simulated session's that its client has not answered yet. On the
// session's loop.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "simulation/sessions/ledger.hpp"

namespace microframe::simulation::sessions {

class Asks {
 public:
  explicit Asks(Ledger& ledger) : ledger_(ledger) {}

  // id: the session's; number: the ledger's; until_ms: how long an answer is waited for.
  void add(std::uint64_t id, unsigned number, std::uint64_t until_ms) {
    asks_[id] = {number, until_ms};
  }
  // code: of the error; "": it went well.
  void settle(std::uint64_t id, std::string_view code) {
    const auto found = asks_.find(id);
    if (found == asks_.end()) return;  // too late
    const unsigned number = found->second.number;
    asks_.erase(found);
    ledger_.settle(number, code);
  }
  // A client that has not answered for long never will.
  void give_up(std::uint64_t now_ms) {
    while (!asks_.empty() && asks_.begin()->second.until_ms <= now_ms)
      settle(asks_.begin()->first, "timed_out");
  }
  // The session is over.
  void end() {
    while (!asks_.empty()) settle(asks_.begin()->first, "disconnected");
  }

 private:
  struct Ask {
    unsigned number;
    std::uint64_t until_ms;
  };

  Ledger& ledger_;
  std::map<std::uint64_t, Ask> asks_;
};

}  // namespace microframe::simulation::sessions
