// Io: how a server gives the kernel what it has to send.
#pragma once

#include <cstdint>
#include <string_view>

namespace microframe {

enum class Io : std::uint8_t {
  automatic,  // io_uring where the kernel allows it, else plain
  plain,      // one system call a connection (sendmsg)
  uring,      // one for all that have something to send (io_uring); needs Linux 5.18
};

// The Io of a name: "auto", "plain" or "uring". errors: ConfigError for any other.
Io io_from(std::string_view name);

}  // namespace microframe
