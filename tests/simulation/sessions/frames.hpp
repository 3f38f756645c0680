// Frames of the simulated server: as ws makes them, a plain form and one for sessions.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "base/shared_buffer.hpp"
#include "proto/frame_header.hpp"

namespace microframe::simulation::sessions {

inline base::SharedBuffer encode(std::string_view text) {
  return proto::encode_message(false, base::as_bytes(text));
}

// What a frame of encode() holds, which is less than 64 KiB.
inline std::string_view payload_of(const base::SharedBuffer& frame) {
  const auto bytes = frame.bytes();
  return base::as_text(bytes.subspan(std::to_integer<unsigned>(bytes[1]) < 126 ? 2 : 4));
}

}  // namespace microframe::simulation::sessions
