// The signature algorithms of tokens. RFC 7518 §3.1, RFC 8037 §3.1. `none` is not among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace microframe::authx {

enum class Algorithm : std::uint8_t {
  // HMAC with a shared secret.
  HS256,
  HS384,
  HS512,
  // RSASSA-PKCS1-v1_5, with keys of at least 2,048 bits.
  RS256,
  RS384,
  RS512,
  // RSASSA-PSS, with keys of at least 2,048 bits.
  PS256,
  PS384,
  PS512,
  // ECDSA on P-256 and P-384.
  ES256,
  ES384,
  // Ed25519.
  EdDSA,
};

// The algorithm's name in a token's header: "HS256".
std::string_view to_string(Algorithm algorithm);
std::optional<Algorithm> algorithm_named(std::string_view name);

}  // namespace microframe::authx
