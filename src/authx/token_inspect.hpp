// What a token says, unverified: for people who look at one.
#pragma once

#include <string>
#include <string_view>

namespace microframe::authx {

// The header and the claims as JSON, a line each. The signature is not checked, and not shown.
// errors: InvalidTokenException for text that is no token.
std::string inspect(std::string_view token);

}  // namespace microframe::authx
