// Bytes in tests: literals with zeros in them, masked frames, hex.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace test {

using namespace std::string_view_literals;

inline std::vector<std::byte> bytes(std::string_view text) {
  const auto view = microframe::base::as_bytes(text);
  return {view.begin(), view.end()};
}

inline std::string text(microframe::base::Bytes bytes) {
  return std::string(microframe::base::as_text(bytes));
}

// A client's frame. first: the first byte, FIN and opcode. The mask is fixed; `extended` forces the
// form of the length.
enum class Length { minimal, two, eight };
inline std::string frame(unsigned char first, std::string_view payload,
                         Length form = Length::minimal, bool masked = true) {
  std::string out(1, static_cast<char>(first));
  const unsigned char mask_bit = masked ? 0x80 : 0;
  const std::size_t size = payload.size();
  if (form == Length::minimal && size < 126) {
    out += static_cast<char>(mask_bit | size);
  } else if (form == Length::two || (form == Length::minimal && size < 65536)) {
    out += static_cast<char>(mask_bit | 126);
    out += static_cast<char>(size >> 8);
    out += static_cast<char>(size);
  } else {
    out += static_cast<char>(mask_bit | 127);
    for (int i = 7; i >= 0; --i)
      out += static_cast<char>(static_cast<unsigned long long>(size) >> (8 * i));
  }
  if (!masked) return out + std::string(payload);
  constexpr std::string_view kMask = "\x12\x34\x56\x78";
  out += kMask;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return out;
}

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

}  // namespace test
