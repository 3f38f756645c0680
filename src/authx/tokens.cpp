#include "microframe/authx/tokens.hpp"

#include "authx/token_codec.hpp"
#include "microframe/authx/exceptions.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {

std::string create_access_token(const AuthConfig& config, std::string_view sub,
                                const TokenOptions& options, Time now) {
  return TokenCodec(config).issue(TokenType::access, sub, options, now);
}

std::string create_refresh_token(const AuthConfig& config, std::string_view sub,
                                 const TokenOptions& options, Time now) {
  return TokenCodec(config).issue(TokenType::refresh, sub, options, now);
}

Claims decode_token(const AuthConfig& config, std::string_view token, TokenType expected,
                    Time now) {
  if (!config.key_sources.empty()) {
    throw ConfigError(
        "the keys of key_sources are fetched by a server's routes: decode_token has none");
  }
  auto claims = TokenCodec(config).verify(token, expected, now);
  if (claims) return std::move(*claims);
  if (claims.error() == TokenError::expired) throw TokenExpiredException();
  throw InvalidTokenException(std::string(to_string(claims.error())));
}

}  // namespace microframe::authx
