// Utf8Validator: UTF-8 (RFC 3629) in pieces of any size; fails at the first byte that cannot be.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace microframe::proto {

class Utf8Validator {
 public:
  // Reads on.
  // returns: false from the first byte on that no valid text can hold there.
  bool feed(base::Bytes bytes);
  // Whether what was fed ends at the end of a character.
  bool complete() const { return state_ == kStart; }

  static constexpr std::uint8_t kStart = 6;

 private:
  std::uint8_t state_ = kStart;  // as utf8.cpp names it
};

// Whether `bytes` are whole UTF-8.
bool is_utf8(base::Bytes bytes);

}  // namespace microframe::proto
