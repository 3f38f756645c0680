#include "ws/rejection.hpp"

#include <array>

namespace microframe::ws {

std::string_view to_string(Rejection rejection) {
  static constexpr std::array<std::string_view, kRejections> kNames = {
      "bad_request",     "head_too_large",    "head_timeout",   "not_found",       "upgrade_required",
      "unauthenticated", "forbidden_origin",  "auth_failed",    "auth_timeout",    "auth_flood",
      "server_full",     "address_full",      "protocol_error", "message_too_big", "too_many_messages",
      "too_slow",        "token_expired",     "replaced",       "bad_message",     "hook_failed",
      "closing_timeout", "heartbeat_timeout",
  };
  return kNames.at(static_cast<std::size_t>(rejection));
}

}  // namespace microframe::ws
