#include "proto/frame_header.hpp"

#include <algorithm>

namespace microframe::proto {
namespace {

constexpr unsigned kFin = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kRsv1 = 0x40;
constexpr unsigned kOpcode = 0x0F;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLength = 0x7F;
constexpr std::uint64_t kControlBytesMax = 125;

bool is_known(unsigned opcode) {
  return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xA);
}

std::uint64_t big_endian(base::Bytes bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

// RFC 7692 §6.1: RSV1 is for the first frame of a data message; a continuation is no such frame.
bool may_be_compressed(unsigned first, Rsv1 rsv1) {
  const auto opcode = static_cast<Opcode>(first & kOpcode);
  return rsv1 == Rsv1::compressed && (opcode == Opcode::text || opcode == Opcode::binary);
}

// What the first two bytes already show.
std::optional<FrameError> check_start(unsigned first, unsigned second, Role role, Rsv1 rsv1) {
  const unsigned reserved = first & kReserved;
  if (reserved && !(reserved == kRsv1 && may_be_compressed(first, rsv1)))
    return FrameError::reserved_bits;
  if (!is_known(first & kOpcode)) return FrameError::unknown_opcode;
  if (is_control(static_cast<Opcode>(first & kOpcode))) {
    if (!(first & kFin)) return FrameError::fragmented_control;
    if ((second & kLength) > kControlBytesMax) return FrameError::control_too_long;
  }
  const bool masked = (second & kMasked) != 0;
  if (masked && role == Role::client) return FrameError::masked;
  if (!masked && role == Role::server) return FrameError::not_masked;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(FrameError error) {
  switch (error) {
    case FrameError::reserved_bits:
      return "reserved bits set";
    case FrameError::unknown_opcode:
      return "unknown opcode";
    case FrameError::fragmented_control:
      return "fragmented control frame";
    case FrameError::control_too_long:
      return "control frame over 125 bytes";
    case FrameError::length_not_minimal:
      return "length not minimal";
    case FrameError::length_too_long:
      return "length over 63 bits";
    case FrameError::not_masked:
      return "client frame not masked";
    case FrameError::masked:
      return "server frame masked";
  }
  return "bad frame";
}

base::Result<std::optional<DecodedHeader>, FrameError> decode_header(base::Bytes in, Role role,
                                                                     Rsv1 rsv1) {
  using Decoded = std::optional<DecodedHeader>;
  if (in.size() < 2) return Decoded{};
  const auto first = std::to_integer<unsigned>(in[0]);
  const auto second = std::to_integer<unsigned>(in[1]);
  if (const auto error = check_start(first, second, role, rsv1)) return base::fail(*error);

  DecodedHeader decoded;
  decoded.header.fin = (first & kFin) != 0;
  decoded.header.compressed = (first & kRsv1) != 0;
  decoded.header.opcode = static_cast<Opcode>(first & kOpcode);
  decoded.header.length = second & kLength;
  decoded.size = 2;
  if (decoded.header.length > 125) {
    const std::size_t width = decoded.header.length == 126 ? 2 : 8;
    if (in.size() < 2 + width) return Decoded{};
    const std::uint64_t length = big_endian(in.subspan(2, width));
    if (length >> 63) return base::fail(FrameError::length_too_long);
    if (length < (width == 2 ? 126U : 65536U)) return base::fail(FrameError::length_not_minimal);
    decoded.header.length = length;
    decoded.size += width;
  }
  if (second & kMasked) {
    if (in.size() < decoded.size + 4) return Decoded{};
    MaskKey key;
    std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(decoded.size), 4, key.begin());
    decoded.header.mask = key;
    decoded.size += 4;
  }
  return Decoded{decoded};
}

HeaderBytes encode_header(const FrameHeader& header) {
  HeaderBytes out;
  const auto put = [&](std::uint64_t byte) { out.data[out.size++] = static_cast<std::byte>(byte); };
  const unsigned masked = header.mask ? kMasked : 0;
  put((header.fin ? kFin : 0) | (header.compressed ? kRsv1 : 0) |
      static_cast<unsigned>(header.opcode));
  if (header.length <= 125) {
    put(masked | header.length);
  } else {
    const int width = header.length <= 0xFFFF ? 2 : 8;
    put(masked | (width == 2 ? 126U : 127U));
    for (int i = width - 1; i >= 0; --i) put(header.length >> (8 * i) & 0xFF);
  }
  if (header.mask) {
    for (const std::byte byte : *header.mask) out.data[out.size++] = byte;
  }
  return out;
}

base::SharedBuffer encode_frame(FrameHeader header, base::Bytes payload) {
  header.length = payload.size();
  const HeaderBytes head = encode_header(header);
  const auto write = [&](base::MutableBytes out) {
    std::copy_n(head.data.begin(), head.size, out.begin());
    std::copy(payload.begin(), payload.end(), out.begin() + static_cast<std::ptrdiff_t>(head.size));
    if (header.mask) apply_mask(out.subspan(head.size), *header.mask);
  };
  return base::SharedBuffer::make(head.size + payload.size(), write, head.size);
}

base::SharedBuffer encode_message(bool binary, base::Bytes payload) {
  FrameHeader header;
  header.opcode = binary ? Opcode::binary : Opcode::text;
  return encode_frame(header, payload);
}

base::SharedBuffer encode_masked_message(bool binary, base::Bytes payload, const MaskKey& key) {
  FrameHeader header;
  header.opcode = binary ? Opcode::binary : Opcode::text;
  header.mask = key;
  return encode_frame(header, payload);
}

}  // namespace microframe::proto
