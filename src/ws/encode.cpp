#include "ws/encode.hpp"

#include <cassert>

namespace microframe::ws {

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
