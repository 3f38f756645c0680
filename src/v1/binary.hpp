// The binary frames of microframe.v1: ten bytes and a room's name before the content
// (docs/protocol.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace microframe::v1 {

struct BinaryFrame {
  BinaryFrame() = default;

  // From the client: the id; from the server: the offset. 0 for none.
  std::uint64_t number = 0;
  std::string_view room;  // at most 255 bytes; "" for none. From the client: an Origin, as written
  base::Bytes content;
};

// The frame's bytes.
std::string write_binary(const BinaryFrame& frame);
// Writes another number over the one in `frame`, which write_binary() made.
void renumber_binary(base::MutableBytes frame, std::uint64_t number);
// returns: views into `bytes`; nullopt if they are no binary frame.
std::optional<BinaryFrame> parse_binary(base::Bytes bytes);

}  // namespace microframe::v1
