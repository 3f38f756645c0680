// A frame that has only its plain form: a text.
#pragma once

#include <string_view>

#include "base/frame.hpp"
#include "support/buffer.hpp"

namespace microframe::hub {

inline base::Frame frame(std::string_view text) {
  return base::Frame(test::buffer(text));
}

}  // namespace microframe::hub
