// Names that nobody can guess.
#pragma once

#include <cstddef>
#include <string>

namespace microframe::ws {

// So many random bytes in base64url.
// errors: std::runtime_error where the system has none.
std::string random_name(std::size_t bytes);

}  // namespace microframe::ws
