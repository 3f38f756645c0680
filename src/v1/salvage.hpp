// Salvage: what can be told of a frame that is no JSON, or holds what no JSON reader here takes (half
// an emoji, values that are nested too deep): its type and its id, where they stand before the fault.
// Whoever sent it can so be told that this frame failed, and does not send it again for ever.
#pragma once

#include <cstdint>
#include <string_view>

namespace microframe::v1 {

struct Salvage {
  std::string_view type;  // of `text`; "" if it was not found
  std::uint64_t id = 0;   // 0: it was not found
};

// text: as it came, of any length and content.
Salvage salvage(std::string_view text);

}  // namespace microframe::v1
