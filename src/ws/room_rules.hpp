// RoomRules: the options of rooms by name pattern. Threading: set up before it serves, then const.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microframe/room_options.hpp"

namespace microframe::ws {

// Of a room whose options name no bytes: at least so many, and twice the longest message.
inline constexpr std::size_t kHistoryBytesMin = std::size_t{1024} * 1024;

class RoomRules {
 public:
  // pattern: a room's name; a '*' at its end stands for any rest. The first that fits a name
  // decides.
  // errors: ConfigError for an empty pattern, a '*' elsewhere, or options that no room can have.
  void add(std::string pattern, RoomOptions options);

  bool empty() const { return rules_.empty(); }
  // Whether any room keeps its messages.
  bool any_history() const;
  // Whether any room waits for a replica.
  bool any_durable() const;
  // The options of the room; the defaults if no pattern fits.
  const RoomOptions& of(std::string_view room) const;

 private:
  struct Rule {
    std::string text;  // of the pattern, without the '*'
    bool is_prefix;
    RoomOptions options;
  };
  std::vector<Rule> rules_;
  RoomOptions defaults_;
};

}  // namespace microframe::ws
