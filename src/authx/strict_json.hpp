// JSON objects as tokens hold them: small, shallow, with each member once (RFC 8725 §2.4: two
// readers must not differ).
#pragma once

#include <optional>
#include <string_view>

#include "microframe/json.hpp"

namespace microframe::authx {

// returns: nullopt for text that is not valid JSON or no object, nests over 8 deep, has a member
// twice, or has a number that no double can hold.
std::optional<Json> parse_strict_object(std::string_view text);

}  // namespace microframe::authx
