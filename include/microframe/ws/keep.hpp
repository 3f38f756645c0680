// Keep: whether a room keeps a message.
#pragma once

namespace microframe::ws {

enum class Keep : bool {
  no,   // the message is for those who are in the room now: a typing indicator, a cursor. It is not
        // in the room's history and takes no offset, and a session whose client is away misses it
  yes,  // the room keeps the message if its options say so (RoomOptions::history)
};

}  // namespace microframe::ws
