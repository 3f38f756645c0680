// JoinResult: what came of a wish to join a room.
#pragma once

namespace microframe::ws {

enum class JoinResult : unsigned char {
  joined,
  already_in,
  not_connected,   // the user has no open connection: rooms hold no ghosts
  name_invalid,    // empty, or over the limit (255 bytes)
  too_many_rooms,  // of this connection (128), or of the endpoint (1,000,000)
};

// Whether the room has the device now.
constexpr bool in_room(JoinResult result) {
  return result <= JoinResult::already_in;
}

}  // namespace microframe::ws
