// Utf8Validator: UTF-8 (RFC 3629) in pieces of any size; fails at the first byte that cannot be.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace microframe::proto {

class Utf8Validator {
 public:
  // Reads on. returns: false from the first byte on that no valid text can hold there.
  bool feed(base::Bytes bytes);
  // Whether what was fed ends at the end of a character.
  bool complete() const { return missing_ == 0; }

 private:
  bool begin_character(unsigned char byte);
  bool continue_character(unsigned char byte);

  // The next byte of a character must lie in [low_, high_]: the second is narrower for some first ones
  // (overlong forms, surrogates, beyond U+10FFFF).
  std::uint8_t missing_ = 0;
  std::uint8_t low_ = 0x80;
  std::uint8_t high_ = 0xBF;
};

// Whether `bytes` are whole UTF-8.
bool is_utf8(base::Bytes bytes);

}  // namespace microframe::proto
