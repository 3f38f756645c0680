// Close codes and the payload of a Close frame. RFC 6455 §5.5.1, §7.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace microframe::proto {

enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  no_status = 1005,  // never on the wire: the peer's Close had no code
  abnormal = 1006,   // never on the wire: there was no Close
  invalid_payload = 1007,
  policy_violation = 1008,
  message_too_big = 1009,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
  unauthenticated = 4401,
  forbidden = 4403,
  too_slow = 4408,
  replaced = 4409,
  too_many_messages = 4429,
};

// Whether the code may stand in a Close frame (§7.4.1, §7.4.2, and IANA's registry for 1012 to
// 1014).
constexpr bool may_be_sent(CloseCode code) {
  const auto value = static_cast<std::uint16_t>(code);
  return (value >= 1000 && value <= 1003) || (value >= 1007 && value <= 1014) ||
         (value >= 3000 && value <= 4999);
}

struct ClosePayload {
  CloseCode code = CloseCode::no_status;
  std::string_view reason;  // a view of the payload
};

enum class CloseError : std::uint8_t {
  one_byte,         // §5.5.1: a code has two
  code_reserved,    // §7.4
  reason_not_utf8,  // §5.5.1
};

// Reads the payload of a Close frame (§5.5.1). An empty one is no_status.
base::Result<ClosePayload, CloseError> parse_close_payload(base::Bytes payload);

// `reason` cut to what fits beside the code (123 bytes), never inside a UTF-8 character.
std::string_view fitting_reason(std::string_view reason);

}  // namespace microframe::proto
