// A frame that has only its plain form: a text; and a list of texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/frame.hpp"
#include "support/buffer.hpp"

namespace microframe::hub {

using Names = std::vector<std::string>;

inline base::Frame frame(std::string_view text) {
  return base::Frame(test::buffer(text));
}

}  // namespace microframe::hub
