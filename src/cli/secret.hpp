// The secret of the command line: --secret, or better the environment's MICROFRAME_SECRET, which no
// process list shows.
#pragma once

#include <string>

#include "microframe/config_error.hpp"

namespace microframe::cli {

// errors: ConfigError if neither is given.
inline std::string secret_or_env(const std::string& option) {
  return option.empty() ? env("MICROFRAME_SECRET") : option;
}

}  // namespace microframe::cli
