#include "v1/binary.hpp"

#include <cassert>

namespace microframe::v1 {
namespace {

constexpr char kMessage = 1;
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kNumberBytes + 1;
[[maybe_unused]] constexpr std::size_t kRoomBytesMax = 255;  // where assertions are off

}  // namespace

std::string write_binary(const BinaryFrame& frame) {
  assert(frame.room.size() <= kRoomBytesMax);
  std::string out;
  out.reserve(kHeadBytes + frame.room.size() + frame.content.size());
  out += kMessage;
  for (std::size_t i = kNumberBytes; i-- > 0;)
    out += static_cast<char>(frame.number >> (8 * i) & 0xFF);
  out += static_cast<char>(frame.room.size());
  out += frame.room;
  out += base::as_text(frame.content);
  return out;
}

void renumber_binary(base::MutableBytes frame, std::uint64_t number) {
  assert(frame.size() >= kHeadBytes);
  for (std::size_t i = 0; i < kNumberBytes; ++i)
    frame[1 + i] = static_cast<std::byte>(number >> (8 * (kNumberBytes - 1 - i)) & 0xFF);
}

std::optional<BinaryFrame> parse_binary(base::Bytes bytes) {
  if (bytes.size() < kHeadBytes || bytes[0] != std::byte{kMessage}) return std::nullopt;
  BinaryFrame frame;
  for (std::size_t i = 0; i < kNumberBytes; ++i)
    frame.number = frame.number << 8 | std::to_integer<std::uint64_t>(bytes[1 + i]);
  const auto room = std::to_integer<std::size_t>(bytes[1 + kNumberBytes]);
  if (bytes.size() < kHeadBytes + room) return std::nullopt;
  frame.room = base::as_text(bytes.subspan(kHeadBytes, room));
  frame.content = bytes.subspan(kHeadBytes + room);
  return frame;
}

}  // namespace microframe::v1
