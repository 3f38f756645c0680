// Since: where a reader of a room's messages stopped, as its client says it and the hub looks it
// up.
#pragma once

#include <cstdint>
#include <string>

namespace microframe::base {

struct Since {
  Since() = default;

  std::string epoch;         // of the room; an offset means something within it only
  std::uint64_t offset = 0;  // of the last message that was read
  std::string session;       // the one in which it read so far; "" if it does not say
};

}  // namespace microframe::base
