// OnlineBook: who comes online and goes offline, as the application is told by any node. One thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "simulation/names.hpp"
#include "simulation/trace.hpp"

namespace microframe::simulation::nodes {

class OnlineBook {
 public:
  void told(const std::string& user, bool is_online) { balance_[user] += is_online ? 1 : -1; }
  // Of the user, one may not be told: a node has died that was asking.
  void doubt(const std::string& user) { doubted_.insert(user); }
  // Nobody can say any more: the broker has forgotten who is there.
  void doubt_all() { all_doubted_ = true; }

  // errors: Violation, unless these are online, each once.
  void check(const Names& users) const {
    if (all_doubted_) return;
    std::map<std::string, int> expected;
    for (const std::string& user : users) expected[user] = 1;
    for (const auto& [user, count] : balance_) {
      const int right = expected.count(user) != 0 ? 1 : 0;
      require(count == right || doubted_.count(user) != 0, [&, who = user, is = count] {
        return who + " is online " + std::to_string(is) + " times, and not " +
               std::to_string(right);
      });
    }
    for (const auto& [user, count] : expected)
      require(balance_.count(user) != 0 || doubted_.count(user) != 0,
              [&, who = user] { return who + " never came online"; });
  }

 private:
  std::map<std::string, int> balance_;
  std::set<std::string> doubted_;
  bool all_doubted_ = false;
};

}  // namespace microframe::simulation::nodes
