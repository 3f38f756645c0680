// Why a peer was refused or cut off, as counted by microframe_rejected_total{reason} and written to the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace microframe::ws {

enum class Rejection : std::uint8_t {
  bad_request,        // a head or a handshake that breaks its RFC: 400, 405, 413, 501, 505
  head_too_large,     // 431
  head_timeout,       // 408
  not_found,          // 404
  upgrade_required,   // 426
  unauthenticated,    // 401 or 4401
  forbidden_origin,   // 403
  auth_failed,        // 503: the AuthManager threw
  auth_timeout,       // 503: the AuthManager did not answer
  auth_flood,         // 503: too many bytes before it did
  server_full,        // 503
  address_full,       // 429
  protocol_error,     // 1002, 1007, 1008
  message_too_big,    // 1009
  too_many_messages,  // 4429
  too_slow,           // 4408
  token_expired,      // 4401 during a session
  replaced,           // 4409
  bad_message,        // an error reply; the connection lives
  hook_failed,        // 1011
  closing_timeout,    // the peer's Close never came
  heartbeat_timeout,  // 1006: the peer has gone silent
  count
};

inline constexpr std::size_t kRejections = static_cast<std::size_t>(Rejection::count);

// The label's value: the enumerator's name.
std::string_view to_string(Rejection rejection);

}  // namespace microframe::ws
