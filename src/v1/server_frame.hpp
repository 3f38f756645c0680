// ServerFrame: a text frame from a server of microframe.v1, as the client reads it
// (docs/protocol.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "microframe/json.hpp"

namespace microframe::v1 {

struct ServerFrame {
  enum class Type : std::uint8_t {
    welcome,
    message,
    ack,
    error,
    joined,
    left,
    presence,
    pong,
    bye,
    unknown,  // of a later version: ignored, and counted
  };

  ServerFrame() = default;

  Type type = Type::unknown;
  std::uint64_t id = 0;  // 0: none
  Json data;             // of message and ack; null where there is none
  std::string room;      // of message, joined, left and presence; "": none
  std::optional<std::uint64_t> offset;

  std::string session;  // of welcome, as are the seven that follow
  std::string secret;
  std::string user;
  bool resumed = false;
  bool inherits = false;
  std::uint64_t handled = 0;
  std::uint64_t ping_ms = 0;
  std::optional<std::uint64_t> message_bytes_max;  // of a frame's payload that the server takes

  std::string epoch;              // of joined; "": the room keeps nothing
  std::optional<bool> recovered;  // of joined
  Json presence;                  // of joined: an object, or null
  Json joins;                     // of presence: objects
  Json leaves;

  std::string code;            // of error
  std::string text;            // the message of error, the reason of bye
  std::uint64_t close = 0;     // the code of bye
  bool reconnect = false;      // of bye
  std::uint64_t retry_ms = 0;  // of bye
};

// errors: what is wrong with the frame, in words.
base::Result<ServerFrame, std::string> parse_server_frame(std::string_view frame);

}  // namespace microframe::v1
