// Tokens: making and reading JWTs (RFC 7519) by the rules of an AuthConfig. Any thread.
// Each function reads the configuration's keys again; the routes of a server keep them ready.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "microframe/authx/auth_config.hpp"
#include "microframe/authx/claims.hpp"

namespace microframe::authx {

// Makes a token for the user `sub`.
// errors: ConfigError if the configuration cannot sign; std::invalid_argument for what decode_token
// would not take: an empty `sub`, one over 255 bytes or with control characters; text that is no
// UTF-8; a number that is not finite; `claims` that are no object, hold a claim of the library's or
// nest over 8 deep; a token over 8 KiB; an `exp` before 1970 or past 2255.
std::string create_access_token(const AuthConfig& config, std::string_view sub,
                                const TokenOptions& options = {},
                                Time now = std::chrono::system_clock::now());
std::string create_refresh_token(const AuthConfig& config, std::string_view sub,
                                 const TokenOptions& options = {},
                                 Time now = std::chrono::system_clock::now());

// Verifies a token.
// errors: TokenExpiredException if only its `exp` has passed; InvalidTokenException for anything
// else; ConfigError for a configuration whose keys are fetched.
Claims decode_token(const AuthConfig& config, std::string_view token,
                    TokenType expected = TokenType::access,
                    Time now = std::chrono::system_clock::now());

// The Set-Cookie field's value (RFC 6265 §4.1) that keeps a refresh token in a browser, with the
// configuration's name and attributes, for as long as such tokens are good.
// errors: ConfigError for a name or SameSite that browsers would not take; std::invalid_argument
// for text that is no token.
std::string refresh_cookie(const AuthConfig& config, std::string_view refresh_token);

}  // namespace microframe::authx
