#include "proto/utf8.hpp"

#include <algorithm>
#include <cstring>

namespace microframe::proto {
namespace {

// The length of the ASCII run at the front, by whole words.
std::size_t ascii_run(const std::byte* bytes, std::size_t size) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, 8);
    if (word & kHighBits) break;
  }
  return i;
}

}  // namespace

bool Utf8Validator::feed(base::Bytes bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto byte = std::to_integer<unsigned char>(bytes[i]);
    if (missing_ == 0 && byte < 0x80) {
      i += std::max<std::size_t>(1, ascii_run(bytes.data() + i, bytes.size() - i));
      continue;
    }
    if (missing_ == 0 ? !begin_character(byte) : !continue_character(byte)) return false;
    ++i;
  }
  return true;
}

// RFC 3629 §4, the table of UTF8-2, UTF8-3 and UTF8-4.
bool Utf8Validator::begin_character(unsigned char byte) {
  if (byte < 0xC2 || byte > 0xF4) return false;
  missing_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  if (byte == 0xE0) low_ = 0xA0;
  if (byte == 0xED) high_ = 0x9F;
  if (byte == 0xF0) low_ = 0x90;
  if (byte == 0xF4) high_ = 0x8F;
  return true;
}

bool Utf8Validator::continue_character(unsigned char byte) {
  if (byte < low_ || byte > high_) return false;
  --missing_;
  low_ = 0x80;
  high_ = 0xBF;
  return true;
}

bool is_utf8(base::Bytes bytes) {
  Utf8Validator validator;
  return validator.feed(bytes) && validator.complete();
}

}  // namespace microframe::proto
