// TokenCodec: makes and verifies tokens by an AuthConfig whose keys are made ready. RFC 7515, RFC
// 7519, RFC 8725. Threading: const, used from many threads at once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "authx/claims.hpp"
#include "authx/jwks.hpp"
#include "authx/signature.hpp"
#include "authx/token_error.hpp"
#include "base/result.hpp"
#include "microframe/authx/auth_config.hpp"
#include "microframe/authx/claims.hpp"

namespace microframe::authx {

// Why a token was not accepted, given what is known of its issuer's keys.
struct Unverified {
  TokenError error;
  std::size_t source = 0;  // of unknown_key: which of the key_sources may know the key
};

class TokenCodec {
 public:
  static constexpr std::size_t kTokenBytesMax = 8 * 1024;

  // errors: ConfigError.
  explicit TokenCodec(AuthConfig config);

  const AuthConfig& config() const { return config_; }

  // errors: as create_access_token.
  std::string issue(TokenType type, std::string_view sub, const TokenOptions& options,
                    Time now) const;

  // Checks form, algorithm and signature first, then the claims; a forged token is never reported
  // as expired.
  base::Result<Claims, TokenError> verify(std::string_view token, TokenType expected,
                                          Time now) const;
  // The same with the keys that are known of the configuration's key_sources, if there are any. The
  // unverified `iss` and `kid` of a token choose among those keys, and lead nowhere else (RFC 8725
  // §3.8, §3.10).
  base::Result<Claims, Unverified> verify(std::string_view token, TokenType expected, Time now,
                                          const KnownKeys& keys) const;

 private:
  std::optional<std::size_t> source_of(const Json& claims) const;
  base::Result<TypeClaim, TokenError> judge_header(std::string_view encoded,
                                                   TokenType expected) const;

  const AuthConfig config_;
  const std::unique_ptr<Verifier> verifier_;  // nullptr with key_sources
  const std::unique_ptr<Signer> signer_;
  const std::string usual_header_;  // of the tokens that issue() makes, encoded
};

}  // namespace microframe::authx
