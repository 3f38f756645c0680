#include "authx/jwk.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "authx/public_key.hpp"
#include "base/base64url.hpp"

namespace microframe::authx {
namespace {

using boost::json::object;

using Bignum = std::unique_ptr<BIGNUM, FreeWith<&BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<&OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreeWith<&OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>>;

// RFC 7518 §3.3. Past 8,192 bits, or with a long exponent, a verification takes milliseconds.
constexpr int kModulusBitsMin = 2048;
constexpr int kModulusBitsMax = 8192;
constexpr int kExponentBitsMax = 64;

// The kinds of key, and what tells them apart.
enum class JwkKind : std::uint8_t { rsa, p256, p384, ed25519 };

struct Curve {
  const char* name;        // OpenSSL's
  std::size_t coordinate;  // bytes of x, and of y
};
constexpr Curve kP256{"prime256v1", 32};
constexpr Curve kP384{"secp384r1", 48};

bool fits(Algorithm algorithm, JwkKind kind) {
  switch (algorithm) {
    case Algorithm::HS256:
    case Algorithm::HS384:
    case Algorithm::HS512:
      return false;
    case Algorithm::RS256:
    case Algorithm::RS384:
    case Algorithm::RS512:
    case Algorithm::PS256:
    case Algorithm::PS384:
    case Algorithm::PS512:
      return kind == JwkKind::rsa;
    case Algorithm::ES256:
      return kind == JwkKind::p256;
    case Algorithm::ES384:
      return kind == JwkKind::p384;
    case Algorithm::EdDSA:
      return kind == JwkKind::ed25519;
  }
  return false;
}

// A member that is a string; nullopt for any other member, or none.
std::optional<std::string_view> text_of(const object& jwk, std::string_view name) {
  const Json* value = jwk.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

std::optional<std::string> bytes_of(const object& jwk, std::string_view name) {
  const auto text = text_of(jwk, name);
  return text ? base::base64url_decode(*text) : std::nullopt;
}

const unsigned char* data_of(const std::string& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::optional<JwkKind> kind_of(const object& jwk) {
  const auto kty = text_of(jwk, "kty");
  const auto crv = text_of(jwk, "crv");
  if (kty == "RSA") return JwkKind::rsa;
  if (kty == "EC" && crv == "P-256") return JwkKind::p256;
  if (kty == "EC" && crv == "P-384") return JwkKind::p384;
  if (kty == "OKP" && crv == "Ed25519") return JwkKind::ed25519;
  return std::nullopt;
}

// RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2.
bool is_secret(const object& jwk) {
  if (text_of(jwk, "kty") == "oct") return true;
  constexpr std::string_view kPrivate[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
  return std::any_of(std::begin(kPrivate), std::end(kPrivate),
                     [&](std::string_view name) { return jwk.contains(name); });
}

// RFC 7517 §4.2, §4.3: both may be left out.
bool verifies(const object& jwk) {
  if (jwk.contains("use") && text_of(jwk, "use") != "sig") return false;
  const Json* operations = jwk.if_contains("key_ops");
  if (!operations) return true;
  const auto* list = operations->if_array();
  return list && std::any_of(list->begin(), list->end(), [](const Json& operation) {
           return operation.is_string() && operation.get_string() == "verify";
         });
}

// RFC 7517 §4.4.
std::optional<Algorithm> algorithm_of(const object& jwk, JwkKind kind,
                                      std::span<const Algorithm> allowed) {
  std::optional<Algorithm> own;
  if (jwk.contains("alg")) {
    const auto name = text_of(jwk, "alg");
    own = name ? algorithm_named(*name) : std::nullopt;
    if (!own) return std::nullopt;
  }
  const auto found = std::find_if(allowed.begin(), allowed.end(), [&](Algorithm algorithm) {
    return fits(algorithm, kind) && (!own || *own == algorithm);
  });
  return found == allowed.end() ? std::nullopt : std::optional(*found);
}

Key make_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1)
    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
  return Key(key);
}

base::Result<Key, JwkError> rsa_key(const object& jwk) {
  const auto n = bytes_of(jwk, "n");
  const auto e = bytes_of(jwk, "e");
  if (!n || !e) return base::fail(JwkError::malformed);
  const Bignum modulus(BN_bin2bn(data_of(*n), static_cast<int>(n->size()), nullptr));
  const Bignum exponent(BN_bin2bn(data_of(*e), static_cast<int>(e->size()), nullptr));
  if (BN_num_bits(modulus.get()) < kModulusBitsMin) return base::fail(JwkError::weak);
  const bool plausible = BN_num_bits(modulus.get()) <= kModulusBitsMax &&
                         BN_is_odd(modulus.get()) && BN_is_odd(exponent.get()) &&
                         !BN_is_one(exponent.get()) &&
                         BN_num_bits(exponent.get()) <= kExponentBitsMax;
  if (!plausible) return base::fail(JwkError::not_a_key);
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return make_key("RSA", builder.get());
}

base::Result<Key, JwkError> ec_key(const object& jwk, const Curve& curve) {
  const auto x = bytes_of(jwk, "x");
  const auto y = bytes_of(jwk, "y");
  // RFC 7518 §6.2.1.2: a coordinate always has its full size.
  if (!x || !y || x->size() != curve.coordinate || y->size() != curve.coordinate)
    return base::fail(JwkError::malformed);
  const std::string point = '\x04' + *x + *y;  // uncompressed: SEC 1 §2.3.3
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.name, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  Key key = make_key("EC", builder.get());
  if (!key) return key;
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (EVP_PKEY_public_check(context.get()) != 1) return base::fail(JwkError::not_a_key);
  return key;
}

base::Result<Key, JwkError> ed25519_key(const object& jwk) {
  const auto x = bytes_of(jwk, "x");
  if (!x || x->size() != 32) return base::fail(JwkError::malformed);
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data_of(*x), x->size()));
}

base::Result<Key, JwkError> key_of(const object& jwk, JwkKind kind) {
  switch (kind) {
    case JwkKind::rsa:
      return rsa_key(jwk);
    case JwkKind::p256:
      return ec_key(jwk, kP256);
    case JwkKind::p384:
      return ec_key(jwk, kP384);
    case JwkKind::ed25519:
      return ed25519_key(jwk);
  }
  return base::fail(JwkError::unknown_kind);
}

}  // namespace

std::string_view to_string(JwkError error) {
  switch (error) {
    case JwkError::malformed:
      return "malformed";
    case JwkError::unknown_kind:
      return "of an unknown kind";
    case JwkError::secret:
      return "secret, and published";
    case JwkError::other_use:
      return "not for verifying";
    case JwkError::algorithm:
      return "of another algorithm";
    case JwkError::weak:
      return "too short";
    case JwkError::not_a_key:
      return "no key";
  }
  return "bad";
}

base::Result<PublicKey, JwkError> read_jwk(const Json& jwk, std::span<const Algorithm> allowed) {
  const auto* members = jwk.if_object();
  if (!members) return base::fail(JwkError::malformed);
  if (is_secret(*members)) return base::fail(JwkError::secret);
  if (members->contains("kid") && !text_of(*members, "kid")) return base::fail(JwkError::malformed);
  const auto kind = kind_of(*members);
  if (!kind) return base::fail(JwkError::unknown_kind);
  if (!verifies(*members)) return base::fail(JwkError::other_use);
  const auto algorithm = algorithm_of(*members, *kind, allowed);
  if (!algorithm) return base::fail(JwkError::algorithm);
  auto key = key_of(*members, *kind);
  ERR_clear_error();
  if (!key) return base::fail(key.error());
  if (!*key) return base::fail(JwkError::not_a_key);
  PublicKey result{std::nullopt, *algorithm, make_public_key_verifier(std::move(*key), *algorithm)};
  if (const auto kid = text_of(*members, "kid")) result.kid = *kid;
  return result;
}

}  // namespace microframe::authx
