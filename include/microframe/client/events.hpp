// What a Client reports: its connection, its rooms, and its errors.
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
  reconnecting,  // the connection is lost; the client reconnects by itself
  closed,        // not begun yet, or ended: nothing comes any more
};

struct ClientStatus {
  ClientStatus() = default;

  ClientState state = ClientState::closed;
  // open: the session goes on, and nothing was missed; false: a new session has begun.
  bool resumed = false;
  std::string session;  // open: the session's name, for logs; "" with ClientOptions::plain
  std::string user;     // open: the user's name at the server; "" with ClientOptions::plain
  // reconnecting and closed: the code of the server's Close, 1006 if none came; and why, in words.
  std::uint16_t code = 0;
  std::string reason;
  std::chrono::milliseconds retry{0};  // reconnecting: until the next attempt
};

// How far a room that keeps its messages was read. An offset has a meaning in its epoch only.
struct RoomPosition {
  RoomPosition() = default;

  std::string epoch;
  std::uint64_t offset = 0;
  // The session that read so far. Messages that were not meant for it are not sent later either.
  std::string session;
};

struct JoinedRoom {
  JoinedRoom() = default;

  std::string room;
  bool by_server = false;  // the server put this client into the room
  bool again = false;      // entered once more, in a new session
  // After `again`, or after a join with a position: whether all missed messages follow. false: some
  // are missing, or may be because the room keeps none: what an application shows of the room has a
  // gap. nullopt: this device was not in the room before.
  std::optional<bool> recovered;
  std::string epoch;                    // of the room's offsets; "": the room keeps no messages
  std::optional<std::uint64_t> offset;  // of the latest message; nullopt: the room keeps none
  Json presence;  // who is in it, by user; null where the room has no presence
};

// The server's advice before it closes the connection. The client follows the advice by itself.
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
  // "" where the client or the server wanted this. Otherwise the code of the error that kept the
  // client from entering the room again in a new session, or `session_lost` for a room that the
  // server had chosen.
  std::string code;
  std::string message;
};

// Why a message, a join or another call of a Client failed. what() is for people; code() is one of
// docs/protocol.md's, or one of the client's own:
//   closed          the client was closed, or gave up
//   unauthorized    the client ended with 4401
//   forbidden       the client ended with 4403
//   replaced        the client ended with 4409
//   no_token        ClientOptions::token threw; the client will ask it again
//   session_lost    the message was sent, no answer came, and the session is gone: the server may
//                   have handled the message. With ClientOptions::plain: the connection was lost
//                   before all of the message had left
//   queue_full      more waits than ClientOptions::queue_messages_max or queue_bytes_max
//   too_long        the message is longer than the server takes
//   too_many_rooms  more than ClientOptions::rooms_max or rooms_bytes_max
//   invalid_json    the message cannot be written as JSON
//   not_supported   there is no such thing with ClientOptions::plain
class ClientError : public std::runtime_error {
 public:
  ClientError(std::string code, const std::string& message)
      : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

}  // namespace microframe
