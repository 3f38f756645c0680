// Frames of messages as the server sends them: encoded once, shared by every receiver.
#pragma once

#include <string_view>

#include "base/shared_buffer.hpp"
#include "microframe/json.hpp"
#include "microframe/ws/message.hpp"
#include "microframe/ws/room_record.hpp"
#include "proto/compression_counts.hpp"
#include "proto/deflater.hpp"
#include "proto/frame_header.hpp"
#include "v1/server_frames.hpp"

namespace microframe::ws {

inline base::SharedBuffer encode(const Message& message) {
  return proto::encode_message(message.is_binary(), message.bytes());
}
base::SharedBuffer encode(const Json& message);

// A frame of microframe.v1.
inline base::SharedBuffer encode_text(std::string_view text) {
  return proto::encode_message(false, base::as_bytes(text));
}
// What a text frame holds: JSON for sure, or an application's text, which may be anything.
enum class Content : bool { json, raw };
// A plain frame, as encode() has made it, as sessions are sent it. The place's room is at most 255
// bytes.
base::SharedBuffer encode_for_sessions(const base::SharedBuffer& frame, Content content,
                                       const v1::MessagePlace& place);

// A plain frame with its form for sessions.
base::SharedBuffer encode_both(const Json& message);
base::SharedBuffer encode_both(const Message& message);

// What a frame that encode() has made holds.
RoomMessage decode(const base::SharedBuffer& frame, std::uint64_t offset);

// The compressed form of such a frame (RFC 7692 §7.2.1), counted in `counts`.
// returns: an empty buffer if the message is shorter than the threshold, or would not get shorter.
base::SharedBuffer deflated(const base::SharedBuffer& frame, proto::Deflater& deflater,
                            std::size_t threshold_bytes, proto::CompressionCounts& counts);

}  // namespace microframe::ws
