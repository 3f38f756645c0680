#include "ws/room_rules.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "microframe/config_error.hpp"

namespace microframe::ws {
namespace {

// Who has waited longer takes the room for dead.
constexpr std::chrono::milliseconds kCoalesceMax{1000};
// What the shortest of kept messages takes.
constexpr std::size_t kMessageBytesMin = 256;

std::size_t least_history_bytes(const RoomOptions& options) {
  return options.history_bytes_max() != 0 ? options.history_bytes_max() : kHistoryBytesMin;
}

}  // namespace

void RoomRules::add(std::string pattern, RoomOptions options) {
  const std::size_t star = pattern.find('*');
  if (pattern.empty() || (star != std::string::npos && star + 1 != pattern.size())) {
    throw ConfigError(
        "\"" + pattern +
        "\" is no pattern of room names: write a name, or its beginning and '*' (chat:*)");
  }
  if (options.history_max() != 0 && options.history_age().count() <= 0) {
    throw ConfigError("the rooms \"" + pattern +
                      "\" keep messages for no time: write history(100, std::chrono::minutes(5))");
  }
  if (options.history_max() > least_history_bytes(options) / kMessageBytesMin) {
    throw ConfigError("the rooms \"" + pattern + "\" cannot keep " +
                      std::to_string(options.history_max()) + " messages in " +
                      std::to_string(least_history_bytes(options)) +
                      " bytes, because each takes at least 256: give history() more bytes");
  }
  if (options.coalesce().count() < 0 || options.coalesce() > kCoalesceMax) {
    throw ConfigError(
        "the rooms \"" + pattern + "\" are to wait " + std::to_string(options.coalesce().count()) +
        " ms for what follows: write coalesce(std::chrono::milliseconds(2)), from 0 (not at all) "
        "to 1000");
  }
  const bool is_prefix = star != std::string::npos;
  if (is_prefix) pattern.pop_back();
  rules_.push_back({std::move(pattern), is_prefix, options});
}

bool RoomRules::any_history() const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [](const Rule& rule) { return rule.options.history_max() != 0; });
}

bool RoomRules::any_durable() const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [](const Rule& rule) { return rule.options.is_durable(); });
}

const RoomOptions& RoomRules::of(std::string_view room) const {
  const auto fits = [&](const Rule& rule) {
    return rule.is_prefix ? room.starts_with(rule.text) : room == rule.text;
  };
  const auto found = std::find_if(rules_.begin(), rules_.end(), fits);
  return found == rules_.end() ? defaults_ : found->options;
}

}  // namespace microframe::ws
