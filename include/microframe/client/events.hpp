// What a Client tells of itself, of its rooms, and of what it could not do.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "microframe/json.hpp"

namespace microframe {

enum class ClientState : std::uint8_t {
  connecting,    // for the first time
  open,          // messages come and go
  reconnecting,  // the connection is lost, and comes back by itself
  closed,        // not begun yet, or over: nothing comes any more
};

struct ClientStatus {
  ClientStatus() = default;

  ClientState state = ClientState::closed;
  // open: the session went on, and nothing was missed; false: a new one has begun.
  bool resumed = false;
  std::string session;  // open: its name, for logs; "" with ClientOptions::plain
  std::string user;     // open: as the server knows us; likewise
  // reconnecting and closed: the code of the Close that led here, 1006 where none came; and why, in
  // words.
  std::uint16_t code = 0;
  std::string reason;
  std::chrono::milliseconds retry{0};  // reconnecting: until the next attempt
};

// How far a room that keeps its messages was read. It means something in its epoch only.
struct RoomPosition {
  RoomPosition() = default;

  std::string epoch;
  std::uint64_t offset = 0;
  std::string session;  // in which it was read: what was not to be sent to it is not sent later
};

struct JoinedRoom {
  JoinedRoom() = default;

  std::string room;
  bool by_server = false;  // the server's doing, not our wish
  bool again = false;      // entered once more, in a new session
  // After `again` or a join that told where it stopped: whether all that was missed follows. false:
  // something is missing, or may be for the room keeps nothing: what is shown of it has a gap.
  // nullopt: this device was not in the room before.
  std::optional<bool> recovered;
  std::string epoch;                    // of the room's offsets; "": the room keeps nothing
  std::optional<std::uint64_t> offset;  // of its latest message; likewise
  Json presence;  // who is in it, by user; null where the room has no presence
};

// The server's advice before it closes the connection. The client follows it by itself.
struct ByeAdvice {
  ByeAdvice() = default;

  std::uint16_t code = 1000;
  std::string reason;
  bool reconnect = false;
  std::chrono::milliseconds retry{0};
};

struct LeftRoom {
  LeftRoom() = default;

  std::string room;
  // Where it was neither our wish nor the server's: the error's with which it could not be entered
  // again in a new session, or `session_lost` for a room of the server's choice. "" otherwise.
  std::string code;
  std::string message;
};

// Why a message, a join or another wish of a Client came to nothing. what() is for people; code()
// is one of docs/protocol.md's, or of the client's own:
//   closed          the client was closed, or gave up; with 4401, 4403 and 4409 `unauthorized`,
//   `forbidden`
//                   and `replaced`
//   no_token        ClientOptions::token threw; it will be asked again
//   session_lost    it was sent, its answer never came, and the session is gone: it may have been
//   handled queue_full      more waits than ClientOptions::queue_messages_max or queue_bytes_max
//   invalid_json    it cannot be written as JSON
//   not_supported   with ClientOptions::plain there is no such thing
class ClientError : public std::runtime_error {
 public:
  ClientError(std::string code, const std::string& message)
      : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

}  // namespace microframe
