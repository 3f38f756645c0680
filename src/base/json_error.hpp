// Whose fault an exception is that was thrown while JSON was read.
#pragma once

#include <exception>
#include <optional>
#include <string>

namespace microframe::base {

// Of code that has read a member which is missing, or of another type, by at(), as_string() and their
// like: the fault of whoever sent the JSON.
// returns: what was wrong, in words for the sender; nullopt for any other exception.
std::optional<std::string> words_of_json_error(const std::exception& error);

}  // namespace microframe::base
