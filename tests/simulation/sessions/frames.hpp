// Frames of the simulated server, as ws makes them.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "base/frame.hpp"
#include "base/shared_buffer.hpp"
#include "proto/frame_header.hpp"

namespace microframe::simulation::sessions {

inline base::SharedBuffer encode(std::string_view text) {
  return proto::encode_message(false, base::as_bytes(text));
}

// What a frame of encode() holds.
inline std::string_view payload_of(const base::SharedBuffer& frame) {
  return base::as_text(frame.content());
}

}  // namespace microframe::simulation::sessions
