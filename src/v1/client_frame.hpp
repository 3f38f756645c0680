// ClientFrame: a text frame from a client of microframe.v1, as the server reads it
// (docs/protocol.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/since.hpp"
#include "microframe/json.hpp"

namespace microframe::v1 {

using base::Since;

struct ClientFrame {
  enum class Type : std::uint8_t { message, ack, error, join, leave, refresh, received, ping };

  ClientFrame() = default;

  Type type = Type::message;
  std::uint64_t id = 0;  // 0: none
  Json data;             // of message and ack; null where there is none
  // The room of join and leave, the token of refresh, the code of error; of a message that was first
  // sent in a session which is gone, its Origin as it is written.
  std::string name;
  std::string text;            // the message of error
  std::optional<Since> since;  // of join
  std::uint64_t number = 0;    // received's n; join's last, 0 for none
};

// Why a frame cannot be taken, as the client is told.
struct FrameFault {
  FrameFault(std::string_view word, std::string what, std::uint64_t of = 0)
      : code(word), message(std::move(what)), id(of) {}

  std::string_view code;  // kInvalidJson, kBadFrame
  std::string message;
  std::uint64_t id;         // the frame's, 0 if it could not be read
  bool is_numbered = true;  // the id is the client's own; of answers it is the server's
};

base::Result<ClientFrame, FrameFault> parse_client_frame(std::string_view frame);

}  // namespace microframe::v1
