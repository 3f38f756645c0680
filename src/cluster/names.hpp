// The names under which nodes speak to each other and keep what they must find again (hub/broker.hpp).
// An endpoint is named by its path, which holds no space; a room may hold any bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace microframe::cluster {

// With a room of 255 bytes a name stays under the 512 that a broker takes.
inline constexpr std::size_t kEndpointBytesMax = 200;
inline constexpr std::size_t kNodeBytesMax = 64;

inline constexpr std::string_view kClusterTopic = "cluster";  // what every node hears
std::string everyone_topic(std::string_view endpoint);
std::string room_topic(std::string_view endpoint, std::string_view room);
std::string inbox_topic(std::string_view node);
std::string room_log(std::string_view endpoint, std::string_view room);
std::string lease_note(std::string_view node);
// That the incarnation has died, and somebody has seen to its users.
std::string settled_note(std::string_view node, std::uint64_t incarnation);
// Which incarnations had the name, and may not be settled.
std::string incarnation_note(std::string_view node);
// A node as it stands on rolls: each incarnation by itself.
std::string roll_entry(std::string_view node, std::uint64_t incarnation);
// A session that is kept for whichever node its client comes to.
inline constexpr std::size_t kSessionBytesMax = 64;
std::string session_note(std::string_view endpoint, std::string_view session);
std::string online_roll(std::string_view endpoint);

struct RoomName {
  std::string_view endpoint;
  std::string_view room;
};
// Of a room_log(). Views of `log`.
std::optional<RoomName> room_of_log(std::string_view log);

}  // namespace microframe::cluster
