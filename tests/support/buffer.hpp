// A SharedBuffer of a text.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "base/shared_buffer.hpp"

namespace test {

inline microframe::base::SharedBuffer buffer(std::string_view text) {
  return microframe::base::SharedBuffer::copy(microframe::base::as_bytes(text));
}

}  // namespace test
