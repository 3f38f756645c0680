// Frames of messages as the server sends them: encoded once, shared by every receiver.
#pragma once

#include "base/shared_buffer.hpp"
#include "microframe/json.hpp"
#include "microframe/ws/message.hpp"
#include "proto/compression_counts.hpp"
#include "proto/deflater.hpp"
#include "proto/frame_header.hpp"

namespace microframe::ws {

inline base::SharedBuffer encode(const Message& message) {
  return proto::encode_message(message.is_binary(), message.bytes());
}
inline base::SharedBuffer encode(const Json& message) {
  return encode(Message::text(to_text(message)));
}

// The compressed form of such a frame (RFC 7692 §7.2.1), counted in `counts`.
// returns: an empty buffer if the message is shorter than the threshold, or would not get shorter.
base::SharedBuffer deflated(const base::SharedBuffer& frame, proto::Deflater& deflater,
                            std::size_t threshold_bytes, proto::CompressionCounts& counts);

}  // namespace microframe::ws
