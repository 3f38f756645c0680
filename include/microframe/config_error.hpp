// ConfigError: what is wrong with a configuration, reported at start together with what to write
// instead.
#pragma once

#include <stdexcept>
#include <string>

namespace microframe {

// Thrown while an application is being set up, never once the application serves.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reads the environment variable `name`.
// returns: its value, never empty.
// errors:  ConfigError if the variable is unset or empty; the message holds the line to type.
std::string env(const char* name);

// Reads a whole file, such as a key in PEM.
// returns: the file's bytes.
// errors:  ConfigError that names the file, if it cannot be read.
std::string read_file(const std::string& path);

}  // namespace microframe
