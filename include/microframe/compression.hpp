// Compression: whether and how messages are compressed, both ways (permessage-deflate, RFC 7692).
#pragma once

#include <cstddef>

namespace microframe {

// Set before Application::run. The client decides whether compression is used: a client that did
// not ask for it gets every message plain.
struct Compression {
  Compression() = default;

  bool enabled = true;
  std::size_t threshold_bytes = 64;  // shorter messages stay plain
  // Trades processor time for bytes on the network: 1 (fastest) to 9 (smallest).
  int level = 1;
  // The memory of a compressor: 2^(window_bits + 2) + 2^(memory_level + 9) bytes, with zlib's
  // ranges, 9 to 15 and 1 to 9. There is one compressor per loop, or one per connection with
  // context_takeover.
  int window_bits = 15;
  int memory_level = 6;
  // Whether a message may refer to earlier ones. Messages then take fewer bytes, but each
  // connection holds a compressor and an inflater of its own, and every message is compressed
  // once per receiver. Without context takeover an idle connection holds neither, and one
  // compressed frame serves all receivers of a broadcast.
  bool context_takeover = false;
  // The bytes that all connections together may hold for context takeover. Past this limit, new
  // connections do without.
  std::size_t takeover_bytes_max = std::size_t{64} * 1024 * 1024;
};

}  // namespace microframe
