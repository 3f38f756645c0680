#include "frame.hpp"

#include "broken.hpp"

namespace bench {
namespace {

constexpr std::uint8_t kRsv1 = 0x40;

Opcode check_first_byte(std::uint8_t byte, bool deflate) {
  const bool data = (byte & 0x0F) == 1 || (byte & 0x0F) == 2;
  if ((byte & 0x70) != (deflate && data ? byte & kRsv1 : 0))
    throw Broken("a reserved bit without an extension (§5.2)");
  if ((byte & 0x80) == 0) throw Broken("a fragment");
  switch (byte & 0x0F) {
    case 1:
    case 2:
    case 8:
    case 9:
    case 10:
      return static_cast<Opcode>(byte & 0x0F);
    default:
      throw Broken("an opcode that has no place here (§5.2)");
  }
}

}  // namespace

std::string masked_frame(std::string_view payload, Opcode opcode, bool compressed) {
  const auto size = static_cast<std::uint64_t>(payload.size());
  const int width = size < 126 ? 0 : size < 65536 ? 2 : 8;
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame += static_cast<char>(0x80 | (compressed ? kRsv1 : 0) | static_cast<unsigned>(opcode));
  frame += static_cast<char>(0x80 | (width == 0 ? size : width == 2 ? 126 : 127));
  for (int i = width - 1; i >= 0; --i) frame += static_cast<char>(size >> (8 * i));
  frame.append(reinterpret_cast<const char*>(kMask.data()), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ static_cast<char>(kMask[i % kMask.size()]));
  }
  return frame;
}

std::optional<Frame> read_frame(std::string_view in, bool deflate) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(in[i]); };
  if (in.size() < 2) return std::nullopt;
  const Opcode opcode = check_first_byte(byte(0), deflate);
  if ((byte(1) & 0x80) != 0) throw Broken("a masked frame from a server (§5.1)");
  std::uint64_t length = byte(1);
  std::size_t head = 2;
  if (length >= 126) {
    if (opcode >= Opcode::close) throw Broken("a control frame of more than 125 bytes (§5.5)");
    head = length == 126 ? 4 : 10;
    if (in.size() < head) return std::nullopt;
    length = 0;
    for (std::size_t i = 2; i < head; ++i) length = length << 8 | byte(i);
    if (length < (head == 4 ? 126 : 65536)) throw Broken("a length that is not minimal (§5.2)");
  }
  if (in.size() - head < length) return std::nullopt;
  return Frame{opcode, (byte(0) & kRsv1) != 0, in.substr(head, length), head + length};
}

}  // namespace bench
