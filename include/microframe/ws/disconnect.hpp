// Why a connection ended, as on_disconnect is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace microframe::ws {

enum class DisconnectCause : std::uint8_t {
  peer_closed,        // the peer sent a Close; code and text are its own
  server_closed,      // WebSocket::close; code and text are those given there
  connection_lost,    // no Close came: reset, end of stream; code 1006
  timeout,            // the peer stopped answering; code 1006
  protocol_error,     // the peer broke RFC 6455 or a limit of it; code 1002, 1007, 1008, 1009
  too_slow,           // the peer reads more slowly than it is sent to; code 4408
  too_many_messages,  // the peer passed its message rate; code 4429
  hook_failed,        // a hook threw; code 1011
  token_expired,      // the token's exp has passed; code 4401
  replaced,           // newer devices of the same user took its place; code 4409
  shutdown,           // the server stops; code 1012
  revoked,            // BaseWebSocket::disconnect or Application::revoke; code 4409
};

// The cause's name, as in logs: "peer_closed".
std::string_view to_string(DisconnectCause cause);

struct DisconnectReason {
  DisconnectReason(DisconnectCause why, std::uint16_t close_code, std::string close_text = {})
      : cause(why), code(close_code), text(std::move(close_text)) {}

  DisconnectCause cause;
  std::uint16_t code;  // RFC 6455 §7.4, design: close codes
  std::string text;    // the Close frame's reason, UTF-8, at most 123 bytes; may be empty
};

}  // namespace microframe::ws
