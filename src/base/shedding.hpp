// Shedding: what may become of a frame that waits for a slow receiver, in place of cutting the
// receiver off.
#pragma once

#include <cstdint>

namespace microframe::base {

struct Shedding {
  enum class Rule : std::uint8_t {
    never,       // it stays; a receiver with no room for it is cut off
    oldest,      // the oldest of its stream goes when there is no room for a new one
    superseded,  // it goes as soon as a newer one of its stream waits behind it
  };

  Rule rule = Rule::never;
  std::uint64_t stream = 0;  // which frames it may give way to: a room's, or a key's within it
};

}  // namespace microframe::base
