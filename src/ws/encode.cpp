#include "ws/encode.hpp"

#include <array>
#include <boost/json/serializer.hpp>
#include <string>

#include "proto/frame_header.hpp"
#include "v1/binary.hpp"

namespace microframe::ws {
namespace {

// §5.2: the low bits of a frame's first byte.
proto::Opcode opcode_of(const base::SharedBuffer& frame) {
  constexpr unsigned kOpcode = 0x0F;
  return static_cast<proto::Opcode>(std::to_integer<unsigned>(frame.bytes()[0]) & kOpcode);
}

// The enveloped form of a text message. data: JSON.
base::SharedBuffer envelope_text(const v1::MessagePlace& place, std::string_view data) {
  return encode_text(v1::message(place, data));
}

base::SharedBuffer envelope_binary(const v1::MessagePlace& place, base::Bytes content) {
  v1::BinaryFrame binary;
  binary.number = place.offset.value_or(0);
  binary.room = place.room;
  binary.content = content;
  return proto::encode_message(true, base::as_bytes(v1::write_binary(binary)));
}

// make_plain, make_enveloped: called only for the forms wanted.
template <class MakePlain, class MakeEnveloped>
base::Frame make_frame(Forms forms, MakePlain&& make_plain, MakeEnveloped&& make_enveloped) {
  base::SharedBuffer plain;
  base::SharedBuffer enveloped;
  if (forms != Forms::enveloped) plain = make_plain();
  if (forms != Forms::plain) enveloped = make_enveloped();
  return base::Frame(std::move(plain), std::move(enveloped));
}

base::SharedBuffer plain_of_json(std::string_view text) {
  base::SharedBuffer plain = encode_text(text);
  plain.set_json();
  return plain;
}

// One allocation for a plain form, the frame's own: an ordinary message is written on the stack
// first.
base::Frame encode_value(const Json& message, Forms forms, const v1::MessagePlace& place) {
  boost::json::serializer writer;
  writer.reset(&message);
  std::array<char, 4096> room;
  const std::string_view text = writer.read(room.data(), room.size());
  return writer.done() ? encode_json(text, forms, place)
                       : encode_json(to_text(message), forms, place);
}

base::Frame encode_message(const Message& message, Forms forms, const v1::MessagePlace& place) {
  return make_frame(
      forms, [&] { return proto::encode_message(message.is_binary(), message.bytes()); },
      [&] {
        return message.is_binary() ? envelope_binary(place, message.bytes())
                                   : envelope_text(place, v1::data_of(message.content()));
      });
}

}  // namespace

base::Frame encode_json(std::string_view text, Forms forms, const v1::MessagePlace& place) {
  return make_frame(
      forms, [&] { return plain_of_json(text); }, [&] { return envelope_text(place, text); });
}

base::Frame encode(const Content& content, Forms forms, const v1::MessagePlace& place) {
  return content.json() ? encode_value(*content.json(), forms, place)
                        : encode_message(*content.message(), forms, place);
}

base::SharedBuffer encode_text(std::string_view text) {
  return proto::encode_message(false, base::as_bytes(text));
}

base::SharedBuffer envelope(const base::SharedBuffer& plain) {
  if (opcode_of(plain) == proto::Opcode::binary) return envelope_binary({}, plain.content());
  const std::string_view text = base::as_text(plain.content());
  return plain.is_json() ? envelope_text({}, text) : envelope_text({}, v1::data_of(text));
}

bool renumber(const base::Frame& frame, std::uint64_t offset) {
  const base::MutableBytes content = frame.enveloped().unshared_content();
  if (opcode_of(frame.enveloped()) != proto::Opcode::binary)
    return v1::renumber_message(content, offset);
  v1::renumber_binary(content, offset);
  return true;
}

RoomMessage to_room_message(const base::Frame& frame, std::uint64_t offset) {
  const base::SharedBuffer& plain = frame.plain();
  return RoomMessage(offset, opcode_of(plain) == proto::Opcode::binary,
                     base::as_text(plain.content()));
}

base::SharedBuffer deflated(const base::SharedBuffer& frame, proto::Deflater& deflater,
                            std::size_t threshold_bytes, proto::CompressionCounts& counts) {
  const base::Bytes content = frame.content();
  if (content.size() < threshold_bytes) return {};
  const auto payload = deflater.compress(content);
  if (!payload) return {};
  counts.add(content.size(), payload->size());
  proto::FrameHeader header;
  header.opcode = opcode_of(frame);
  header.compressed = true;
  return proto::encode_frame(header, *payload);
}

}  // namespace microframe::ws
