#include "ws/room_rules.hpp"

#include <algorithm>

#include "microframe/config_error.hpp"

namespace microframe::ws {

void RoomRules::add(std::string pattern, RoomOptions options) {
  const std::size_t star = pattern.find('*');
  if (pattern.empty() || (star != std::string::npos && star + 1 != pattern.size())) {
    throw ConfigError("\"" + pattern +
                      "\" is no pattern of room names: write a name, or its beginning and '*' (chat:*)");
  }
  if (options.history_max() != 0 && options.history_age().count() <= 0) {
    throw ConfigError("the rooms \"" + pattern +
                      "\" keep messages for no time: write history(100, std::chrono::minutes(5))");
  }
  const bool is_prefix = star != std::string::npos;
  if (is_prefix) pattern.pop_back();
  rules_.push_back({std::move(pattern), is_prefix, options});
}

bool RoomRules::any_history() const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [](const Rule& rule) { return rule.options.history_max() != 0; });
}

const RoomOptions& RoomRules::of(std::string_view room) const {
  const auto fits = [&](const Rule& rule) {
    return rule.is_prefix ? room.starts_with(rule.text) : room == rule.text;
  };
  const auto found = std::find_if(rules_.begin(), rules_.end(), fits);
  return found == rules_.end() ? defaults_ : found->options;
}

}  // namespace microframe::ws
