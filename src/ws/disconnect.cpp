#include "microframe/ws/disconnect.hpp"

namespace microframe::ws {

std::string_view to_string(DisconnectCause cause) {
  switch (cause) {
    case DisconnectCause::peer_closed:
      return "peer_closed";
    case DisconnectCause::server_closed:
      return "server_closed";
    case DisconnectCause::connection_lost:
      return "connection_lost";
    case DisconnectCause::timeout:
      return "timeout";
    case DisconnectCause::protocol_error:
      return "protocol_error";
    case DisconnectCause::too_slow:
      return "too_slow";
    case DisconnectCause::too_many_messages:
      return "too_many_messages";
    case DisconnectCause::hook_failed:
      return "hook_failed";
    case DisconnectCause::token_expired:
      return "token_expired";
    case DisconnectCause::replaced:
      return "replaced";
    case DisconnectCause::shutdown:
      return "shutdown";
    case DisconnectCause::revoked:
      return "revoked";
  }
  return "unknown";
}

}  // namespace microframe::ws
