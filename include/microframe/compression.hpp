// Compression: whether and how messages are compressed, both ways (permessage-deflate, RFC 7692).
#pragma once

#include <cstddef>

namespace microframe {

// Set before Application::run. A client decides whether it is used; to one that did not ask for it
// everything goes plain.
struct Compression {
  Compression() = default;

  bool enabled = true;
  std::size_t threshold_bytes = 64;  // shorter messages stay plain
  // What compressing costs the processor, and what it saves the network: 1 (least) to 9 (most).
  int level = 1;
  // What a compressor holds, of which there is one a loop, or with context_takeover one a
  // connection. 9 to 15 and 1 to 9, as zlib has them: 2 to the window_bits + 2, and 2 to the
  // memory_level + 9 bytes.
  int window_bits = 15;
  int memory_level = 6;
  // Whether messages may refer to those before them: smaller on the wire, but then each connection
  // holds a compressor and an inflater of its own, and every message is compressed for every
  // receiver. Without it an idle connection holds neither, and one compressed frame serves all
  // receivers of a broadcast.
  bool context_takeover = false;
  // What all connections may hold for that; past it, a connection has no context takeover.
  std::size_t takeover_bytes_max = std::size_t{64} * 1024 * 1024;
};

}  // namespace microframe
