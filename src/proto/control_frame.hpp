// ControlFrame: an encoded ping, pong or Close, as a value. RFC 6455 §5.5.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "proto/close_code.hpp"
#include "proto/frame_header.hpp"
#include "proto/mask.hpp"

namespace microframe::proto {

class ControlFrame {
 public:
  ControlFrame() = default;
  // payload: at most 125 bytes. mask: a client's key; a server has none.
  ControlFrame(Opcode opcode, base::Bytes payload, std::optional<MaskKey> mask);

  bool empty() const { return size_ == 0; }
  base::Bytes bytes() const { return {data_.data(), size_}; }

 private:
  std::array<std::byte, 2 + 4 + 125> data_;
  std::uint8_t size_ = 0;
};

ControlFrame ping_frame(base::Bytes payload, std::optional<MaskKey> mask = {});
ControlFrame pong_frame(base::Bytes payload, std::optional<MaskKey> mask = {});
// code: no_status for a Close without one, else a code that may be sent. reason: cut to 123 bytes
// at a character.
ControlFrame close_frame(CloseCode code, std::string_view reason = {},
                         std::optional<MaskKey> mask = {});

}  // namespace microframe::proto
