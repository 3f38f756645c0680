#include "proto/close_code.hpp"

#include "proto/utf8.hpp"

namespace microframe::proto {

base::Result<ClosePayload, CloseError> parse_close_payload(base::Bytes payload) {
  if (payload.empty()) return ClosePayload{};
  if (payload.size() == 1) return base::fail(CloseError::one_byte);
  const auto code = static_cast<CloseCode>(std::to_integer<unsigned>(payload[0]) << 8 |
                                           std::to_integer<unsigned>(payload[1]));
  if (!may_be_sent(code)) return base::fail(CloseError::code_reserved);
  const base::Bytes reason = payload.subspan(2);
  if (!is_utf8(reason)) return base::fail(CloseError::reason_not_utf8);
  return ClosePayload{code, base::as_text(reason)};
}

std::string_view fitting_reason(std::string_view reason) {
  constexpr std::size_t kMax = 123;
  if (reason.size() <= kMax) return reason;
  std::size_t size = kMax;
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(reason[i]) & 0xC0) == 0x80;
  };
  while (size > 0 && continues(size)) --size;
  return reason.substr(0, size);
}

}  // namespace microframe::proto
