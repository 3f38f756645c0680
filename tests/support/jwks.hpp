// Key sets for tests: the public half of a key as a JWK (RFC 7517), written from OpenSSL's own
// numbers.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/base64url.hpp"
#include "support/keys.hpp"

namespace test {

// A number of a public key, in bytes: "n" and "e" of RSA, "qx" and "qy" of EC, padded to `size`.
inline std::string number_of(const KeyPair& pair, const char* name, int size = 0) {
  const auto* der = reinterpret_cast<const unsigned char*>(pair.public_der.data());
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &der, static_cast<long>(pair.public_der.size()));
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  if (size == 0) size = BN_num_bytes(number);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), size);
  BN_free(number);
  EVP_PKEY_free(key);
  return bytes;
}

inline std::string member(std::string_view name, std::string_view value) {
  return ",\"" + std::string(name) + "\":\"" + std::string(value) + "\"";
}

// `more`: further members, each with a comma before.
inline std::string rsa_jwk(const KeyPair& pair, std::string_view kid,
                           const std::string& more = {}) {
  using microframe::base::base64url_encode;
  return R"({"kty":"RSA")" + member("kid", kid) +
         member("n", microframe::base::base64url_encode(number_of(pair, "n"))) +
         member("e", microframe::base::base64url_encode(number_of(pair, "e"))) + more + "}";
}
// curve: "P-256" or "P-384".
inline std::string ec_jwk(const KeyPair& pair, std::string_view curve, std::string_view kid,
                          const std::string& more = {}) {
  using microframe::base::base64url_encode;
  const int size = curve == "P-256" ? 32 : 48;
  return R"({"kty":"EC")" + member("crv", curve) + member("kid", kid) +
         member("x", microframe::base::base64url_encode(number_of(pair, "qx", size))) +
         member("y", microframe::base::base64url_encode(number_of(pair, "qy", size))) + more + "}";
}
inline std::string ed25519_jwk(const KeyPair& pair, std::string_view kid,
                               const std::string& more = {}) {
  // RFC 8410 §4: the last 32 bytes of the DER are the key.
  const std::string_view raw =
      std::string_view(pair.public_der).substr(pair.public_der.size() - 32);
  return R"({"kty":"OKP","crv":"Ed25519")" + member("kid", kid) +
         member("x", microframe::base::base64url_encode(raw)) + more + "}";
}
inline std::string key_set(const std::vector<std::string>& jwks) {
  std::string text = R"({"keys":[)";
  for (const std::string& jwk : jwks) text += (text.back() == '[' ? "" : ",") + jwk;
  return text + "]}";
}

}  // namespace test
