// Why a peer was refused or cut off, as counted by microframe_rejected_total{reason} and written to
// the log.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace microframe::guard {

enum class Rejection : std::uint8_t {
  bad_request,        // a head or a handshake that breaks its RFC: 400, 405, 417, 501, 505
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
  message_timeout,    // 4408: a message was not whole in time
  token_expired,      // 4401 during a session
  replaced,           // 4409
  bad_message,        // an error reply; the connection lives
  hook_failed,        // 1011, or 500: a handler of HTTP
  out_of_memory,      // dropped
  closing_timeout,    // the peer's Close never came
  heartbeat_timeout,  // 1006: the peer has gone silent
  tls_timeout,        // the TLS handshake was not done in time
  tls_failed,         // the TLS handshake failed: the detail says why
  // Overload.
  handshake_flood,     // 503: more handshakes per second than the process takes
  address_flood,       // 429: more than an address may begin
  user_flood,          // 429: more than a user may
  auth_overload,       // 503: too many users are being looked up
  memory_full,         // 503
  sessions_full,       // a suspended session ends, because all together keep too much
  out_of_descriptors,  // a connection waits in the kernel, and may be dropped there
  // Proxies.
  no_proxy,       // 403: only proxies may connect, and this peer is none
  proxy_header,   // dropped: no PROXY header, or a bad one
  proxy_timeout,  // dropped: no whole PROXY header in time
  // Keys and tokens.
  keys_unavailable,  // 503: the issuer's keys are not known, or too old to be trusted
  key_waits_full,    // 503: too many wait for keys
  revoked,           // 4409
  // Rooms: a JoinResult; the connection lives.
  room_name,
  too_many_rooms,
  forbidden_room,  // an error reply: can_join refuses it
  // Bodies of requests.
  body_too_large,  // 413
  body_timeout,    // 408
  count
};

inline constexpr std::size_t kRejections = static_cast<std::size_t>(Rejection::count);

// The label's value: the enumerator's name.
std::string_view to_string(Rejection rejection);

// Counts rejections and logs them. Any thread.
class Rejections {
 public:
  // At most a few lines per second are written for each reason.
  // peer:   who was rejected, an address or else a user.
  // detail: holds no token; the log escapes it.
  void add(Rejection why, std::string_view peer, std::string_view detail);
  std::uint64_t count(Rejection why) const { return counts_[static_cast<std::size_t>(why)]; }

 private:
  std::array<std::atomic<std::uint64_t>, kRejections> counts_{};
};

}  // namespace microframe::guard
