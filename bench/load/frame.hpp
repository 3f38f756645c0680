// Frames as a client writes and reads them (RFC 6455 §5.2). No fragments, because the servers
// under load send none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

enum class Opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// All frames use one mask: it costs the server as much as any other mask.
inline constexpr std::array<unsigned char, 4> kMask = {0x37, 0xFA, 0x21, 0x3D};

std::string masked_frame(std::string_view payload, Opcode opcode, bool compressed = false);

struct Frame {
  Opcode opcode;
  bool compressed;           // RSV1 (RFC 7692 §6)
  std::string_view payload;  // within the bytes read
  std::size_t bytes;         // with the header
};

// Reads the frame at the front of `in`.
// deflate: whether permessage-deflate was agreed on.
// returns: nullopt if `in` holds less than the whole frame.
// errors:  Broken, with the clause.
std::optional<Frame> read_frame(std::string_view in, bool deflate);

}  // namespace bench
