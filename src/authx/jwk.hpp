// One key of a JSON Web Key Set. RFC 7517 §4, RFC 7518 §6, RFC 8037 §2. PURE.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "authx/signature.hpp"
#include "base/result.hpp"
#include "microframe/authx/algorithm.hpp"
#include "microframe/json.hpp"

namespace microframe::authx {

// A public key, and the one algorithm that it verifies (RFC 8725 §3.1).
struct PublicKey {
  std::optional<std::string> kid;
  Algorithm algorithm;
  std::shared_ptr<const Verifier> verifier;
};

// Why a key of a set is not used.
enum class JwkError : std::uint8_t {
  malformed,     // no object, or a member that is missing or of another form than its RFC says
  unknown_kind,  // a kty or crv that no algorithm of ours has
  secret,        // an `oct` key, or one with private members: whoever can read the set has it
  other_use,     // its `use` or `key_ops` are not for verifying
  algorithm,     // its `alg` does not fit it or is not allowed, or none of the allowed ones fits it
  weak,          // RSA under 2,048 bits
  not_a_key,     // numbers that make no key: an even modulus, a point that is not on its curve
};

// For the log.
std::string_view to_string(JwkError error);

// Reads one key.
// allowed: the best first; a key without `alg` is pinned to the first algorithm that fits it.
base::Result<PublicKey, JwkError> read_jwk(const Json& jwk, std::span<const Algorithm> allowed);

}  // namespace microframe::authx
