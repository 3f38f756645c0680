#include "ws/encode.hpp"

#include <array>
#include <boost/json/serializer.hpp>
#include <cassert>
#include <string_view>

#include "v1/binary.hpp"

namespace microframe::ws {

// One allocation, the frame's: an ordinary message is written on the stack first.
base::SharedBuffer encode(const Json& message) {
  boost::json::serializer writer;
  writer.reset(&message);
  std::array<char, 4096> room;
  const std::string_view text = writer.read(room.data(), room.size());
  return writer.done() ? encode_text(text) : encode_text(to_text(message));
}

base::SharedBuffer encode_for_sessions(const base::SharedBuffer& frame, Content content,
                                       const v1::MessagePlace& place) {
  const auto decoded = proto::decode_header(frame.bytes(), proto::Role::client);
  assert(decoded && *decoded);
  const base::Bytes payload = frame.bytes().subspan((*decoded)->size);
  if ((*decoded)->header.opcode == proto::Opcode::binary) {
    v1::BinaryFrame binary;
    binary.number = place.offset.value_or(0);
    binary.room = place.room;
    binary.content = payload;
    return proto::encode_message(true, base::as_bytes(v1::write_binary(binary)));
  }
  const std::string_view text = base::as_text(payload);
  return encode_text(
      v1::message(place, content == Content::json ? std::string(text) : v1::data_of(text)));
}

namespace {

base::SharedBuffer with_session_form(base::SharedBuffer frame, Content content) {
  frame.set_session_form(encode_for_sessions(frame, content, v1::MessagePlace()));
  return frame;
}

}  // namespace

base::SharedBuffer encode_both(const Json& message) {
  return with_session_form(encode(message), Content::json);
}

base::SharedBuffer encode_both(const Message& message) {
  return with_session_form(encode(message), Content::raw);
}

RoomMessage decode(const base::SharedBuffer& frame, std::uint64_t offset) {
  const auto decoded = proto::decode_header(frame.bytes(), proto::Role::client);
  assert(decoded && *decoded);
  const bool is_binary = (*decoded)->header.opcode == proto::Opcode::binary;
  return RoomMessage(offset, is_binary, base::as_text(frame.bytes().subspan((*decoded)->size)));
}

base::SharedBuffer deflated(const base::SharedBuffer& frame, proto::Deflater& deflater,
                            std::size_t threshold_bytes, proto::CompressionCounts& counts) {
  const auto decoded = proto::decode_header(frame.bytes(), proto::Role::client);
  assert(decoded && *decoded);
  proto::FrameHeader header = (*decoded)->header;
  if (header.length < threshold_bytes || proto::is_control(header.opcode)) return {};
  const auto payload = deflater.compress(frame.bytes().subspan((*decoded)->size));
  if (!payload) return {};
  counts.add(header.length, payload->size());
  header.compressed = true;
  return proto::encode_frame(header, *payload);
}

}  // namespace microframe::ws
