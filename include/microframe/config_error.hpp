// What is wrong with a configuration, said at start, with what to write instead.
#pragma once

#include <stdexcept>
#include <string>

namespace microframe {

// Thrown while an application is being set up, never once it serves.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reads the environment variable `name`.
// errors: ConfigError if it is not set or empty, with the line to type.
std::string env(const char* name);

// Reads a whole file, such as a key in PEM.
// errors: ConfigError if it cannot be read, naming it.
std::string read_file(const std::string& path);

}  // namespace microframe
