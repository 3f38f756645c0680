// Tokens: making and reading JWTs (RFC 7519) by the rules of an AuthConfig. Any thread.
// Each function reads the configuration's keys again; a server's routes keep them ready.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "microframe/authx/auth_config.hpp"
#include "microframe/authx/claims.hpp"

namespace microframe::authx {

// Makes a token for the user `sub`.
// errors: ConfigError if the configuration cannot sign; std::invalid_argument for a token that
//         decode_token would refuse: a `sub` that is empty, over 255 bytes or holds control
//         characters; text that is not UTF-8; a number that is not finite; `claims` that are not
//         an object, hold one of the library's claims or nest over 8 deep; a token over 8 KiB; an
//         `exp` before 1970 or after 2255.
std::string create_access_token(const AuthConfig& config, std::string_view sub,
                                const TokenOptions& options = {},
                                Time now = std::chrono::system_clock::now());
std::string create_refresh_token(const AuthConfig& config, std::string_view sub,
                                 const TokenOptions& options = {},
                                 Time now = std::chrono::system_clock::now());

// Verifies a token.
// returns: what the token says.
// errors:  TokenExpiredException if only its `exp` is wrong; InvalidTokenException for anything
//          else; ConfigError for a configuration whose keys are fetched.
Claims decode_token(const AuthConfig& config, std::string_view token,
                    TokenType expected = TokenType::access,
                    Time now = std::chrono::system_clock::now());

// Makes the value of the Set-Cookie field (RFC 6265 §4.1) that keeps a refresh token in a
// browser, with the configuration's name and attributes, for as long as such tokens are valid.
// errors: ConfigError for a name or SameSite that browsers would refuse; std::invalid_argument
//         for text that is not a token.
std::string refresh_cookie(const AuthConfig& config, std::string_view refresh_token);

}  // namespace microframe::authx
