// Names and numbers that nobody can guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace microframe::ws {

// So many random bytes in base64url.
// errors: std::runtime_error where the system has none.
std::string random_name(std::size_t bytes);
// errors: as random_name().
std::uint64_t random_number();

}  // namespace microframe::ws
