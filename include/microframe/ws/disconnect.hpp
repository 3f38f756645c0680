// DisconnectReason: why a connection ended, as on_disconnect receives it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace microframe::ws {

enum class DisconnectCause : std::uint8_t {
  peer_closed,        // the peer sent a Close, whose code and text these are
  server_closed,      // WebSocket::close was called, with this code and text
  connection_lost,    // no Close came: reset or end of stream; code 1006
  timeout,            // the peer stopped answering; code 1006
  protocol_error,     // the peer broke RFC 6455 or one of its limits; code 1002, 1007 to 1009
  too_slow,           // the peer reads more slowly than messages are sent to it; code 4408
  too_many_messages,  // the peer passed its message rate; code 4429
  hook_failed,        // a hook threw; code 1011
  token_expired,      // the token's exp has passed; code 4401
  replaced,           // newer devices of the same user took the device's place; code 4409
  shutdown,           // the server stops; code 1012
  revoked,            // BaseWebSocket::disconnect or Application::revoke was called; code 4409
};

// The cause's name, as in logs: "peer_closed".
std::string_view to_string(DisconnectCause cause);

struct DisconnectReason {
  DisconnectReason(DisconnectCause why, std::uint16_t close_code, std::string close_text = {})
      : cause(why), code(close_code), text(std::move(close_text)) {}

  DisconnectCause cause;
  std::uint16_t code;  // RFC 6455 §7.4, docs/reference/close-codes.md
  std::string text;    // the Close frame's reason, UTF-8, at most 123 bytes; may be empty
};

}  // namespace microframe::ws
