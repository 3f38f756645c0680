// House: what the simulated hub is surrounded by: the rooms' policies, time, epochs; and who it
// says is online, in pairs. One thread.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "hub/surroundings.hpp"

namespace microframe::simulation::sessions {

class House final : public hub::Surroundings {
 public:
  // now_ms: outlives it. coalesces: what is sent to a room waits for what follows.
  House(const std::uint64_t& now_ms, bool coalesces) : now_ms_(now_ms), coalesces_(coalesces) {}

  // Of each kind one, and a name that is never good.
  static const std::array<std::string, 5>& rooms();
  static bool keeps_history(std::string_view room) {
    return room.front() == 'k' || room.front() == 'h';
  }
  static bool has_presence(std::string_view room) {
    return room.front() == 'w' || room.front() == 'h';
  }

  // Of the latest room of that name.
  const std::string& epoch_of(const std::string& room) const { return epochs_.at(room); }
  const std::set<std::string>& online() const { return online_; }

  // hub::Surroundings
  hub::RoomPolicy policy(std::string_view room) const override;
  std::uint64_t now_ms() const override { return now_ms_; }
  std::string new_epoch() override;
  base::Frame presence_frame(std::string_view room, const hub::Presence::Users& joins,
                             const hub::Presence::Users& leaves) const override;
  // errors: Violation, where it is so already.
  void user_online(const std::string& user) override;
  void user_offline(const std::string& user) override;

 private:
  const std::uint64_t& now_ms_;
  const bool coalesces_;
  mutable std::string asked_;  // a hub asks for a room's policy, then for its epoch
  std::map<std::string, std::string> epochs_;
  unsigned epoch_ = 0;
  std::set<std::string> online_;
};

}  // namespace microframe::simulation::sessions
