#include "microframe/authx/tokens.hpp"

#include "authx/token_codec.hpp"
#include "microframe/authx/exceptions.hpp"

namespace microframe::authx {

std::string create_access_token(const AuthConfig& config, std::string_view sub, const TokenOptions& options,
                                Time now) {
  return TokenCodec(config).issue(TokenType::access, sub, options, now);
}

std::string create_refresh_token(const AuthConfig& config, std::string_view sub, const TokenOptions& options,
                                 Time now) {
  return TokenCodec(config).issue(TokenType::refresh, sub, options, now);
}

Claims decode_token(const AuthConfig& config, std::string_view token, TokenType expected, Time now) {
  auto claims = TokenCodec(config).verify(token, expected, now);
  if (claims) return std::move(*claims);
  if (claims.error() == TokenError::expired) throw TokenExpiredException();
  throw InvalidTokenException(std::string(to_string(claims.error())));
}

std::string refresh_cookie(const AuthConfig& config, std::string_view refresh_token) {
  const std::chrono::seconds age = std::chrono::days(config.refresh_token_expire_days);
  std::string cookie = config.cookie_name + "=" + std::string(refresh_token) +
                       "; Path=/; Max-Age=" + std::to_string(age.count());
  if (config.cookie_secure) cookie += "; Secure";
  if (config.cookie_httponly) cookie += "; HttpOnly";
  if (!config.cookie_samesite.empty()) cookie += "; SameSite=" + config.cookie_samesite;
  return cookie;
}

}  // namespace microframe::authx
