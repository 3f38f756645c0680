// JoinResult: what came of an attempt to join a room.
#pragma once

namespace microframe::ws {

enum class JoinResult : unsigned char {
  joined,
  already_in,
  not_connected,   // the user has no open connection, and only connections can be members
  name_invalid,    // the name is empty, or over the limit (255 bytes)
  too_many_rooms,  // of the connection (128), or of the endpoint (1,000,000)
};

// Whether the device is in the room now.
constexpr bool in_room(JoinResult result) {
  return result <= JoinResult::already_in;
}

}  // namespace microframe::ws
