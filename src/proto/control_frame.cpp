#include "proto/control_frame.hpp"

#include <algorithm>
#include <cassert>

namespace microframe::proto {

ControlFrame::ControlFrame(Opcode opcode, base::Bytes payload, std::optional<MaskKey> mask) {
  assert(is_control(opcode) && payload.size() <= 125);
  FrameHeader header;
  header.opcode = opcode;
  header.mask = mask;
  header.length = payload.size();
  const HeaderBytes head = encode_header(header);
  std::copy_n(head.data.begin(), head.size, data_.begin());
  std::copy(payload.begin(), payload.end(), data_.begin() + static_cast<std::ptrdiff_t>(head.size));
  size_ = static_cast<std::uint8_t>(head.size + payload.size());
  if (mask) apply_mask(base::MutableBytes(data_).subspan(head.size, payload.size()), *mask);
}

ControlFrame ping_frame(base::Bytes payload, std::optional<MaskKey> mask) {
  return {Opcode::ping, payload, mask};
}
ControlFrame pong_frame(base::Bytes payload, std::optional<MaskKey> mask) {
  return {Opcode::pong, payload, mask};
}

ControlFrame close_frame(CloseCode code, std::string_view reason, std::optional<MaskKey> mask) {
  if (code == CloseCode::no_status) return {Opcode::close, {}, mask};
  assert(may_be_sent(code));
  std::array<std::byte, 125> payload;
  const base::Bytes text = base::as_bytes(fitting_reason(reason));
  payload[0] = static_cast<std::byte>(static_cast<unsigned>(code) >> 8);
  payload[1] = static_cast<std::byte>(static_cast<unsigned>(code) & 0xFF);
  std::copy(text.begin(), text.end(), payload.begin() + 2);
  return {Opcode::close, base::Bytes(payload).first(2 + text.size()), mask};
}

}  // namespace microframe::proto
