#include "base/wire.hpp"

namespace microframe::base {

void WireWriter::number(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
  byte(static_cast<std::uint8_t>(value));
}

void WireWriter::fixed(std::uint64_t value) {
  for (int i = 0; i < 8; ++i, value >>= 8) byte(static_cast<std::uint8_t>(value));
}

void WireWriter::text(std::string_view value) {
  number(value.size());
  bytes_ += value;
}

void WireReader::fail() {
  ok_ = false;
  rest_ = {};
}

std::uint8_t WireReader::byte() {
  if (rest_.empty()) {
    fail();
    return 0;
  }
  const auto value = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return value;
}

std::uint64_t WireReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t next = byte();
    // The tenth byte holds the last bit alone.
    if (shift == 63 && next > 1) break;
    value |= (next & 0x7F) << shift;
    if (next < 0x80) return ok_ ? value : 0;
  }
  fail();
  return 0;
}

std::uint64_t WireReader::fixed() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 8) value |= std::uint64_t{byte()} << shift;
  return ok_ ? value : 0;
}

std::string_view WireReader::text() {
  const std::uint64_t size = number();
  if (size > rest_.size()) {
    fail();
    return {};
  }
  const std::string_view value = rest_.substr(0, size);
  rest_.remove_prefix(value.size());
  return value;
}

}  // namespace microframe::base
