// TokenError: why a token is refused.
#pragma once

#include <cstdint>
#include <string_view>

namespace microframe::authx {

enum class TokenError : std::uint8_t {
  malformed,         // no three parts of base64url, no strict JSON objects, too long
  wrong_algorithm,   // `alg` is not the key's
  forbidden_header,  // crit, jku, jwk, x5u, x5c, a kid that is no name, or a typ that is no JWT's
  bad_signature,
  bad_exp,  // missing, or of a wrong form; the next as well, but iat and nbf may be missing
  bad_sub,
  bad_iat,
  bad_nbf,
  wrong_type,  // a refresh token where an access token belongs, or no `type`
  wrong_issuer,
  wrong_audience,
  not_yet_valid,
  from_the_future,  // `iat` is ahead of now by more than the leeway
  expired,
  unknown_key,  // of a known issuer, by a key that is not known
};

// For the log, never for the peer (original.md, fault 21).
std::string_view to_string(TokenError error);

}  // namespace microframe::authx
