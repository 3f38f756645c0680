// Whose fault an exception is that was thrown while JSON was read.
#pragma once

#include <exception>

namespace microframe::base {

// Whether code has read a member that is missing, or of another type, by at(), as_string() and their
// like: the fault of whoever sent the JSON.
bool is_json_access_error(const std::exception& error);

}  // namespace microframe::base
