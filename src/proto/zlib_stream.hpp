// The memory of zlib's streams comes from operator new, as all other memory does, and so is counted
// with it.
#pragma once

#include <cstddef>

struct z_stream_s;

namespace microframe::proto {

// Where in a stream of messages one may refer to those before it (RFC 7692 §7.1.1).
enum class Context : bool { dropped, kept };

// A z_stream that takes its memory from operator new; still to be initialised.
z_stream_s* new_zlib_stream();

}  // namespace microframe::proto
