// The header of a WebSocket frame. RFC 6455 §5.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/shared_buffer.hpp"
#include "proto/mask.hpp"

namespace microframe::proto {

enum class Role : std::uint8_t { server, client };

enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA
};

constexpr bool is_control(Opcode opcode) {
  return static_cast<std::uint8_t>(opcode) >= 0x8;
}

struct FrameHeader {
  Opcode opcode = Opcode::continuation;
  bool fin = true;
  bool compressed = false;  // RSV1 (RFC 7692 §6)
  std::optional<MaskKey> mask;
  std::uint64_t length = 0;  // of the payload, in bytes
};

struct DecodedHeader {
  FrameHeader header;
  std::size_t size = 0;  // of the header, in bytes
};

enum class FrameError : std::uint8_t {
  reserved_bits,  // RSV1 to RSV3 without an extension; RSV1 where RFC 7692 §6 has no place for it
  unknown_opcode,
  fragmented_control,  // §5.5
  control_too_long,    // §5.5: over 125 bytes
  length_not_minimal,
  length_too_long,  // the top bit of a 64-bit length
  not_masked,       // §5.1: a client must
  masked,           // §5.1: a server must not
};

// The rule that was broken, in words, for the log and the Close reason.
std::string_view to_string(FrameError error);

inline constexpr std::size_t kHeaderBytesMax = 14;

// What RSV1 is: without permessage-deflate, nothing; with it, the mark of a compressed message, on
// its first frame alone (RFC 7692 §6).
enum class Rsv1 : bool { reserved, compressed };

// Decodes the frame header at the front of `in`.
// in:      any length; reads at most 14 bytes, never the payload.
// role:    of the reader: a server takes masked frames only, a client unmasked ones only.
// returns: the header and its size; nullopt if `in` is too short.
// errors:  each is a protocol error (1002), told as early as the bytes show it.
base::Result<std::optional<DecodedHeader>, FrameError> decode_header(base::Bytes in, Role role,
                                                                     Rsv1 rsv1 = Rsv1::reserved);

// An encoded header.
struct HeaderBytes {
  std::array<std::byte, kHeaderBytesMax> data;
  std::size_t size = 0;

  base::Bytes bytes() const { return {data.data(), size}; }
};
HeaderBytes encode_header(const FrameHeader& header);

// One frame, in one allocation: `header` with its length, then the payload, masked if it has a key,
// which must be unpredictable (§10.3). The payload is the buffer's content().
base::SharedBuffer encode_frame(FrameHeader header, base::Bytes payload);
// One unfragmented message as a frame: a server's.
base::SharedBuffer encode_message(bool binary, base::Bytes payload);
// A client's.
base::SharedBuffer encode_masked_message(bool binary, base::Bytes payload, const MaskKey& key);

}  // namespace microframe::proto
