// The parameters of a URL's query.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace microframe::authx {

// The value of the first parameter of that name, percent-decoded (RFC 3986 §2.1); nullopt if there
// is none. '+' stays as it is, and so does what is wrongly encoded.
std::optional<std::string> find_parameter(std::string_view query, std::string_view name);

}  // namespace microframe::authx
