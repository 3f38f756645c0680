#include "guard/rejection.hpp"

#include "base/log.hpp"

namespace microframe::guard {

std::string_view to_string(Rejection rejection) {
  static constexpr std::array<std::string_view, kRejections> kNames = {
      "bad_request",
      "head_too_large",
      "head_timeout",
      "not_found",
      "upgrade_required",
      "unauthenticated",
      "forbidden_origin",
      "auth_failed",
      "auth_timeout",
      "auth_flood",
      "server_full",
      "address_full",
      "protocol_error",
      "message_too_big",
      "too_many_messages",
      "too_slow",
      "message_timeout",
      "token_expired",
      "replaced",
      "bad_message",
      "hook_failed",
      "out_of_memory",
      "closing_timeout",
      "heartbeat_timeout",
      "tls_timeout",
      "tls_failed",
      // Overload.
      "handshake_flood",
      "address_flood",
      "user_flood",
      "auth_overload",
      "memory_full",
      "sessions_full",
      "out_of_descriptors",
      // Proxies.
      "no_proxy",
      "proxy_header",
      "proxy_timeout",
      // Keys and tokens.
      "keys_unavailable",
      "key_waits_full",
      "revoked",
      // Rooms.
      "room_name",
      "too_many_rooms",
      "forbidden_room",
      // Bodies.
      "body_too_large",
      "body_timeout",
  };
  static_assert(!kNames.back().empty());
  return kNames.at(static_cast<std::size_t>(rejection));
}

void Rejections::add(Rejection why, std::string_view peer, std::string_view detail) {
  counts_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  base::log::limited(base::log::Level::warning, "rejected",
                     {{"reason", to_string(why)}, {"peer", peer}, {"detail", detail}});
}

}  // namespace microframe::guard
