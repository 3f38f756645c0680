#include "net/io.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

#include "microframe/config_error.hpp"

namespace microframe::net {

Io io_of_environment() {
  const char* name = std::getenv("MICROFRAME_IO");
  const std::string_view io = name ? name : "auto";
  if (io == "auto") return Io::automatic;
  if (io == "plain") return Io::plain;
  if (io == "uring") return Io::uring;
  throw ConfigError("MICROFRAME_IO is auto, plain or uring, and not \"" + std::string(io) + "\"");
}

}  // namespace microframe::net
