// AuthConfig: the keys and rules of tokens, and where a connection may carry one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "microframe/authx/algorithm.hpp"
#include "microframe/authx/jwks_source.hpp"

namespace microframe::authx {

// One place where a handshake may carry its access token.
struct TokenSource {
  enum class Carrier : std::uint8_t {
    query,        // name: the parameter, ?token=...
    cookie,       // name: the cookie; accepted with an allowed Origin only
    subprotocol,  // name: the prefix in Sec-WebSocket-Protocol, token.<jwt>
    bearer,       // Authorization: Bearer; has no name
  };
  TokenSource(Carrier where, std::string called = {}) : carrier(where), name(std::move(called)) {}

  Carrier carrier;
  std::string name;
};

// How a handshake without a good token is refused.
enum class AuthRefusal : std::uint8_t {
  close_4401,  // accept, send {"error": ..}, close with 4401: browsers can see that
  http,        // 401 before the upgrade
};

class AuthConfig {
 public:
  // secret: the shared secret for HS256 (at least 32 bytes), HS384 (48) or HS512 (64), made with
  //         openssl rand -hex 32. For any other algorithm: the private key as PEM, which signs,
  //         and whose public half verifies.
  // errors: ConfigError that says what to write instead, for a secret that is empty, too short,
  //         or a key in PEM.
  explicit AuthConfig(std::string secret, Algorithm algorithm = Algorithm::HS256);
  // Signs with one key and verifies with another, both PEM. While keys are rotated they need not
  // be a pair.
  static AuthConfig key_pair(Algorithm algorithm, std::string private_pem, std::string public_pem);
  // Verifies only: create_*_token throws ConfigError.
  static AuthConfig verify_only(Algorithm algorithm, std::string public_pem);
  // Verifies only, with public keys that a server's routes fetch and keep fresh. A token's `iss`
  // decides which issuer's keys verify it.
  // errors: ConfigError for a source without an issuer, two sources of one issuer, a URL that is
  //         neither https nor this machine's own, or impossible times.
  static AuthConfig jwks(JwksSource source);
  static AuthConfig jwks(std::vector<JwksSource> sources);

  std::string secret_key;  // signs; never logged
  std::string public_key;  // verifies, PEM; empty: the public half of secret_key verifies
  Algorithm algorithm;
  // The issuers whose keys are fetched, in place of the keys above.
  std::vector<JwksSource> key_sources;
  int access_token_expire_minutes = 15;
  int refresh_token_expire_days = 7;

  // The cookie that refresh_cookie() makes, for the application's HTTP side.
  std::string cookie_name = "refresh_token";
  bool cookie_secure = true;
  bool cookie_httponly = true;
  std::string cookie_samesite = "strict";

  // Where a handshake may carry its token, at least one place. The first one that is present
  // decides.
  std::vector<TokenSource> sources = {
      {TokenSource::Carrier::query, "token"},
      {TokenSource::Carrier::cookie, "access_token"},
      {TokenSource::Carrier::subprotocol, "token."},
      {TokenSource::Carrier::bearer},
  };
  // Origins (RFC 6454 §6.2: "https://app.example", no path, no wildcard) from which a cookie is
  // accepted. Empty: the server's own, as the Host field names it; by https only, if the server or
  // a trusted proxy's X-Forwarded-Proto says so. Strings that cannot be an
  // Origin, and "null", are refused at start.
  std::vector<std::string> allowed_origins;
  // Whether a cookie is also accepted without an Origin, as native clients send it. Browsers always
  // send one with a WebSocket, so that other sites' pages stay out.
  bool cookie_without_origin = false;
  AuthRefusal auth_refusal = AuthRefusal::close_4401;

  // What a token's `iss` and `aud` must be. Unset: any `iss`, and no `aud` (RFC 7519 §4.1.3).
  // With key_sources each source has its own issuer, and this one stays unset.
  std::optional<std::string> issuer;
  std::optional<std::string> audience;
  // Whether an access token must say "type": "access" in its claims, or "at+jwt" in its header (RFC
  // 9068), so that no other token of the same key lets anybody in. false: a token without `type` is
  // an access token, for keys that sign nothing else; refresh tokens of this library are still
  // refused. With key_sources, JwksSource::type_optional() says it for each.
  bool type_required = true;
  // The allowed difference between clocks, for `exp`, `nbf` and `iat`: at most one hour. A token whose
  // `iat` is further ahead is refused, because no revocation would reach it.
  std::chrono::seconds leeway{0};

 private:
  AuthConfig(Algorithm algorithm, std::string private_pem, std::string public_pem);
};

}  // namespace microframe::authx
