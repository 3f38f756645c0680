#include "cluster/names.hpp"

#include <initializer_list>

namespace microframe::cluster {
namespace {

constexpr std::string_view kLogPrefix = "log ";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string name;
  for (const std::string_view part : parts) name += part;
  return name;
}

}  // namespace

std::string everyone_topic(std::string_view endpoint) {
  return joined({"all ", endpoint});
}

std::string room_topic(std::string_view endpoint, std::string_view room) {
  return joined({"room ", endpoint, " ", room});
}

std::string inbox_topic(std::string_view node) {
  return joined({"node ", node});
}

std::string room_log(std::string_view endpoint, std::string_view room) {
  return joined({kLogPrefix, endpoint, " ", room});
}

std::string lease_note(std::string_view node) {
  return joined({"lease ", node});
}

std::string settled_note(std::string_view node, std::uint64_t incarnation) {
  return joined({"settled ", node, " ", std::to_string(incarnation)});
}

std::string incarnation_note(std::string_view node) {
  return joined({"incarnation ", node});
}

std::string roll_entry(std::string_view node, std::uint64_t incarnation) {
  return joined({node, " ", std::to_string(incarnation)});
}

std::string session_note(std::string_view endpoint, std::string_view session) {
  return joined({"session ", endpoint, " ", session});
}

std::string online_roll(std::string_view endpoint) {
  return joined({"online ", endpoint});
}

std::optional<RoomName> room_of_log(std::string_view log) {
  if (!log.starts_with(kLogPrefix)) return std::nullopt;
  log.remove_prefix(kLogPrefix.size());
  const std::size_t space = log.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return RoomName{log.substr(0, space), log.substr(space + 1)};
}

}  // namespace microframe::cluster
