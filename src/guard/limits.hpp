// The limits as a server applies them: what is 0 because it follows from another is filled in.
#pragma once

#include "microframe/limits.hpp"

namespace microframe::guard {

// memory_bytes_max stays 0 where neither the limit nor a cgroup says one.
// errors: ConfigError for limits that contradict each other or cannot be.
Limits resolve(Limits limits);

}  // namespace microframe::guard
