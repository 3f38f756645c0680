// Io: how a loop gives the kernel what its sockets have to send.
#pragma once

#include <cstdint>

namespace microframe::net {

enum class Io : std::uint8_t {
  automatic,  // io_uring where the kernel allows it, otherwise plain
  plain,      // one system call per connection (sendmsg)
  uring,      // one for all that have something to send (io_uring); needs Linux 5.18
};

// What MICROFRAME_IO in the environment says: auto, plain or uring. Default: auto. Not for
// applications, which gain nothing by it: the tests and benchmarks take both ways by it.
// errors: ConfigError for any other word.
Io io_of_environment();

}  // namespace microframe::net
