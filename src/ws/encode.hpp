// Frames of messages as the server sends them: encoded once, shared by every receiver. The plain
// form is the application's message alone; the enveloped form is that of microframe.v1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/frame.hpp"
#include "base/shared_buffer.hpp"
#include "microframe/ws/content.hpp"
#include "microframe/ws/room_record.hpp"
#include "proto/compression_counts.hpp"
#include "proto/deflater.hpp"
#include "v1/server_frames.hpp"

namespace microframe::ws {

enum class Forms : std::uint8_t { plain, enveloped, both };

// A message in the forms wanted; no other form is made.
// place: for the envelope; its room is at most 255 bytes.
base::Frame encode(const Content& content, Forms forms, const v1::MessagePlace& place = {});
// text: JSON, which is sent as it is.
base::Frame encode_json(std::string_view text, Forms forms, const v1::MessagePlace& place = {});

// One text frame.
base::SharedBuffer encode_text(std::string_view text);
// The enveloped form, without a place, of a message that was encoded while nobody wanted that form.
base::SharedBuffer envelope(const base::SharedBuffer& plain);
// Writes another offset into the enveloped form, which has one and which nobody else has seen.
// returns: false where the offset has another number of digits; the frame is as it was.
bool renumber(const base::Frame& frame, std::uint64_t offset);

// What the plain form holds.
RoomMessage to_room_message(const base::Frame& frame, std::uint64_t offset);

// The compressed form of a message's frame (RFC 7692 §7.2.1), counted in `counts`.
// returns: an empty buffer if the message is shorter than the threshold, or would not get shorter.
base::SharedBuffer deflated(const base::SharedBuffer& frame, proto::Deflater& deflater,
                            std::size_t threshold_bytes, proto::CompressionCounts& counts);

}  // namespace microframe::ws
