#include <cstdlib>
#include <fstream>
#include <sstream>

#include "microframe/config_error.hpp"

namespace microframe {

std::string env(const char* name) {
  const char* value = std::getenv(name);
  if (value && *value) return value;
  throw ConfigError(std::string(name) + " is not set. Try: export " + name +
                    "=$(openssl rand -hex 32)");
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file && content << file.rdbuf()) return content.str();
  throw ConfigError("cannot read " + path + ": is the path right, and may this user read it?");
}

}  // namespace microframe
