// Views of bytes and of text, and the way from one to the other. None owns what it shows.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace microframe::base {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace microframe::base
