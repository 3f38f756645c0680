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
    cookie,       // name: the cookie; honoured with an allowed Origin only
    subprotocol,  // name: the prefix in Sec-WebSocket-Protocol, token.<jwt>
    bearer,       // Authorization: Bearer; no name
  };
  TokenSource(Carrier where, std::string called = {}) : carrier(where), name(std::move(called)) {}

  Carrier carrier;
  std::string name;
};

// How a handshake without a good token is refused.
enum class AuthRefusal : std::uint8_t {
  close_4401,  // accept, send {"error": ..}, close with 4401: what a browser can see
  http,        // 401 before the upgrade
};

class AuthConfig {
 public:
  // secret: the shared secret for HS256 (32 bytes at least), HS384 (48) or HS512 (64): openssl rand
  // -hex 32. For any other algorithm: the private key as PEM, which signs, and whose public half
  // verifies.
  // errors: ConfigError that says what to write instead, for a secret that is empty, too short,
  // or a key in PEM.
  explicit AuthConfig(std::string secret, Algorithm algorithm = Algorithm::HS256);
  // Signs with one key and verifies with another, both PEM. While keys are rotated the two need not
  // be a pair.
  static AuthConfig key_pair(Algorithm algorithm, std::string private_pem, std::string public_pem);
  // Verifies only: create_*_token throws.
  static AuthConfig verify_only(Algorithm algorithm, std::string public_pem);
  // Verifies only, with public keys that a server's routes fetch and keep fresh. The `iss` of a
  // token decides which issuer's keys are used.
  // errors: ConfigError for a source without issuer, two sources of one issuer, a URL that is
  // neither https nor this machine's own, or times that cannot be.
  static AuthConfig jwks(JwksSource source);
  static AuthConfig jwks(std::vector<JwksSource> sources);

  std::string secret_key;  // what signs; never logged
  std::string public_key;  // what verifies, PEM; empty: the public half of secret_key
  Algorithm algorithm;
  // Whose keys are fetched, in place of the keys above.
  std::vector<JwksSource> key_sources;
  int access_token_expire_minutes = 15;
  int refresh_token_expire_days = 7;

  // The cookie that refresh_cookie() makes, for the application's HTTP side.
  std::string cookie_name = "refresh_token";
  bool cookie_secure = true;
  bool cookie_httponly = true;
  std::string cookie_samesite = "strict";

  // Where a handshake may carry its token; the first that is present decides. At least one.
  std::vector<TokenSource> sources = {
      {TokenSource::Carrier::query, "token"},
      {TokenSource::Carrier::cookie, "access_token"},
      {TokenSource::Carrier::subprotocol, "token."},
      {TokenSource::Carrier::bearer},
  };
  // Origins (RFC 6454 §6.2: "https://app.example", no path, no wildcard) from which a cookie is
  // honoured. Empty: the server's own, by the Host. Text that no origin can have, "null" too, is
  // refused at start.
  std::vector<std::string> allowed_origins;
  AuthRefusal auth_refusal = AuthRefusal::close_4401;

  // What a token's `iss` and `aud` must be. Unset: any `iss`, and no `aud` (RFC 7519 §4.1.3). With
  // key_sources each source has its own issuer, and `issuer` stays unset.
  std::optional<std::string> issuer;
  std::optional<std::string> audience;
  // Allowed difference of clocks, for `exp` and `nbf`: at most an hour.
  std::chrono::seconds leeway{0};

 private:
  AuthConfig(Algorithm algorithm, std::string private_pem, std::string public_pem);
};

}  // namespace microframe::authx
