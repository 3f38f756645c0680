// The rooms of the simulated application: of each kind one.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "hub/room_policy.hpp"

namespace microframe::simulation::nodes {

inline const std::array<std::string, 4>& rooms() {
  static const std::array<std::string, 4> names{"kept", "here", "who", "plain"};
  return names;
}
inline bool keeps_history(std::string_view room) {
  return room == "kept" || room == "here";
}
inline bool has_presence(std::string_view room) {
  return room == "here" || room == "who";
}
inline hub::RoomPolicy policy_of(std::string_view room) {
  hub::RoomPolicy policy;
  if (keeps_history(room)) {
    policy.history_max = room == "kept" ? 6 : 3;
    policy.history_age = std::chrono::hours(1);
  }
  policy.presence = has_presence(room);
  return policy;
}

inline constexpr const char* kEndpoint = "/chat";

}  // namespace microframe::simulation::nodes
