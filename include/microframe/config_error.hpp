// ConfigError: what is wrong with a configuration, reported at start together with what to write
// instead.
#pragma once

#include <stdexcept>
#include <string>

namespace microframe {

// Thrown while an application is being set up, never once the application serves. A ConfigError that
// nobody catches ends the program as run() would: with its words on standard error and exit status 1,
// not with abort(). A program that has set a terminate handler of its own keeps that one.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(const std::string& words);
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
