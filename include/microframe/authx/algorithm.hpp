// The signature algorithms of tokens. RFC 7518 §3.1, RFC 8037 §3.1. `none` is not among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace microframe::authx {

enum class Algorithm : std::uint8_t {
  HS256,
  HS384,
  HS512,  // HMAC with a shared secret
  RS256,
  RS384,
  RS512,  // RSASSA-PKCS1-v1_5, keys of 2,048 bits at least
  PS256,
  PS384,
  PS512,  // RSASSA-PSS, keys of 2,048 bits at least
  ES256,
  ES384,  // ECDSA on P-256 and P-384
  EdDSA,  // Ed25519
};

// The name in a token's header: "HS256".
std::string_view to_string(Algorithm algorithm);
std::optional<Algorithm> algorithm_named(std::string_view name);

}  // namespace microframe::authx
