#include <cstdlib>

#include "microframe/config_error.hpp"

namespace microframe {

std::string env(const char* name) {
  const char* value = std::getenv(name);
  if (value && *value) return value;
  throw ConfigError(std::string(name) + " is not set. Try: export " + name + "=$(openssl rand -hex 32)");
}

}  // namespace microframe
