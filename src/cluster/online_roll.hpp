// OnlineRoll: the users of one endpoint that are here, on the broker's roll of those who are anywhere:
// the node that enters a user first, or takes the last entry out, tells the application. A user who has
// gone is taken out after a while, so that a reload passes unseen. What fails is asked again.
// Threading: the broker's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/node_events.hpp"
#include "cluster/turns.hpp"
#include "hub/broker.hpp"
#include "hub/stripes.hpp"

namespace microframe::cluster {

class OnlineRoll {
 public:
  // broker, turns, events: outlive it. entry: this node, as it stands on the roll.
  OnlineRoll(hub::Broker& broker, Turns& turns, NodeEvents& events, std::string endpoint,
             std::string entry, std::chrono::milliseconds offline_delay);

  // Nobody is entered before start().
  void start();
  // Whether the user has a device here.
  void set(const std::string& user, bool here);
  // These have a device here, and nobody else has.
  void set_all(const std::vector<std::string>& users);
  // Asks again for what has failed.
  void check();
  // The roll may no longer have anyone of this node. told: others were told that they are offline, be it
  // before they were last entered.
  void enter_again(bool told);
  // Takes a node that has ended out, and tells of those who are nowhere then.
  // node: as it stands on the roll. done: with whether that succeeded.
  void strike(const std::string& node, std::function<void(bool)> done);

  std::size_t size() const { return users_.size(); }

 private:
  struct User {
    std::uint64_t gone_ms = 0;
    bool here = false;
    bool entered = false;  // on the roll
    bool asking = false;
    bool quiet = false;   // the next entry is not told
    bool untold = false;  // it was the first to be entered, which was not told
    bool owed = false;    // the next entry is told, though it is not the first
  };

  // Within so long a node learns whether others have seen to it.
  static constexpr std::uint64_t kUntoldMs = 60'000;

  // Asks for what is not as it should be.
  void settle(const std::string& user);
  void enter(const std::string& user, User& state);
  void leave(const std::string& user, User& state);
  void later(const std::string& user);

  hub::Broker& broker_;
  Turns& turns_;
  NodeEvents& events_;
  const std::string endpoint_;
  const std::string entry_;
  const std::string roll_;
  const std::uint64_t delay_ms_;
  std::unordered_map<std::string, User, hub::NameHash> users_;  // here, or on the roll
  std::set<std::string> failed_;
  // Whose quiet entry here was the first, and who have gone to another node since: none was told of yet.
  std::set<std::string> untold_;
  std::uint64_t quiet_ms_ = 0;  // of the last quiet entries
  bool started_ = false;
};

}  // namespace microframe::cluster
