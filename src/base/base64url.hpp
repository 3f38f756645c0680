// base64url without padding. RFC 4648 §5, RFC 7515 §2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace microframe::base {

std::string base64url_encode(std::string_view bytes);

// Strict: no padding, no other character, no stray bits in the last one. nullopt for anything else.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace microframe::base
