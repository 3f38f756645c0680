// SessionExport: a session of microframe.v1 as it goes from one node to another, and as bytes. No I/O;
// the reader trusts nobody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_buffer.hpp"
#include "v1/server_session.hpp"

namespace microframe::ws {

struct SessionExport {
  SessionExport() = default;

  struct Room {
    std::string name;
    std::string epoch;  // of the log that keeps the room's messages; "": there is none
    std::uint64_t offset = 0;
  };

  v1::ServerSession::Past past;
  std::vector<base::SharedBuffer> frames;  // those that the client has not said to have received
  std::vector<Room> rooms;
  std::vector<std::uint64_t>
      heard;  // the messages that are among its frames, or were; hub::Mark::id
};

std::string write_session(const SessionExport& session);
// What is behind the fields that this version knows is ignored.
// returns: nullopt if the bytes are none, or of another version.
std::optional<SessionExport> read_session(std::string_view bytes);

}  // namespace microframe::ws
