// The claims of tokens: which ones our tokens hold, and which a token must hold to be accepted. RFC
// 7519 §4.1, RFC 8725.
#pragma once

#include <cstdint>
#include <string_view>

#include "authx/token_error.hpp"
#include "base/result.hpp"
#include "microframe/authx/auth_config.hpp"
#include "microframe/authx/claims.hpp"

namespace microframe::authx {

// errors: std::invalid_argument, as create_access_token says.
Json make_claims(const AuthConfig& config, TokenType type, std::string_view sub,
                 const TokenOptions& options, Time now);

// Whether a token without `type` is taken for a token of the expected type.
enum class TypeClaim : std::uint8_t { required, optional };

// Reads the claims of a token whose signature is good.
base::Result<Claims, TokenError> read_claims(const AuthConfig& config, Json all, TokenType expected,
                                             Time now, TypeClaim type_claim = TypeClaim::required);

}  // namespace microframe::authx
