#include "microframe/io.hpp"

#include <string>

#include "microframe/config_error.hpp"

namespace microframe {

Io io_from(std::string_view name) {
  if (name == "auto") return Io::automatic;
  if (name == "plain") return Io::plain;
  if (name == "uring") return Io::uring;
  throw ConfigError("io is auto, plain or uring, and not \"" + std::string(name) + "\"");
}

}  // namespace microframe
