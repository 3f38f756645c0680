// What a token says, unverified: for people who look at one.
#pragma once

#include <string>
#include <string_view>

namespace microframe::authx {

// The header and the claims as JSON, one line each. The signature is neither checked nor shown.
// errors: InvalidTokenException for text that is no token.
std::string inspect(std::string_view token);

}  // namespace microframe::authx
