#include "authx/public_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <new>

#include "microframe/config_error.hpp"

namespace microframe::authx {
namespace {

using Bio = std::unique_ptr<BIO, FreeWith<&BIO_free_all>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<&EVP_MD_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, FreeWith<&ECDSA_SIG_free>>;

enum class Kind : unsigned char { rsa, rsa_pss, ecdsa, eddsa };

Kind kind_of(Algorithm algorithm) {
  if (algorithm <= Algorithm::RS512) return Kind::rsa;
  if (algorithm <= Algorithm::PS512) return Kind::rsa_pss;
  return algorithm == Algorithm::EdDSA ? Kind::eddsa : Kind::ecdsa;
}

const EVP_MD* digest_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::RS384:
    case Algorithm::PS384:
    case Algorithm::ES384:
      return EVP_sha384();
    case Algorithm::RS512:
    case Algorithm::PS512:
      return EVP_sha512();
    case Algorithm::EdDSA:
      return nullptr;  // Ed25519 hashes by itself
    default:
      return EVP_sha256();
  }
}

std::string group_of(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(), &size);
  return {name.data(), size};
}

void check_fits(const EVP_PKEY* key, Algorithm algorithm) {
  const std::string name(to_string(algorithm));
  switch (kind_of(algorithm)) {
    case Kind::rsa:
    case Kind::rsa_pss:
      if (EVP_PKEY_is_a(key, "RSA") != 1)
        throw ConfigError(name + " wants an RSA key; this is of another kind");
      if (EVP_PKEY_get_bits(key) < 2048) {
        throw ConfigError("the RSA key is too short: " + name +
                          " wants at least 2048 bits. Make one with: "
                          "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048");
      }
      return;
    case Kind::ecdsa: {
      const std::string curve = algorithm == Algorithm::ES256 ? "prime256v1" : "secp384r1";
      if (EVP_PKEY_is_a(key, "EC") == 1 && group_of(key) == curve) return;
      throw ConfigError(name + " wants a key on the curve " + curve +
                        ". Make one with: openssl genpkey -algorithm EC "
                        "-pkeyopt ec_paramgen_curve:" +
                        curve);
    }
    case Kind::eddsa:
      if (EVP_PKEY_is_a(key, "ED25519") == 1) return;
      throw ConfigError(
          "EdDSA wants an Ed25519 key. Make one with: openssl genpkey -algorithm ED25519");
  }
}

Key read_pem(const std::string& pem, bool is_private, Algorithm algorithm) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // A key with a passphrase is refused; OpenSSL would ask for the passphrase on the terminal.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  Key key(is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)
                     : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!key) {
    const std::string begin =
        is_private ? "-----BEGIN PRIVATE KEY-----" : "-----BEGIN PUBLIC KEY-----";
    throw ConfigError(std::string(to_string(algorithm)) + " wants a " +
                      (is_private ? "private" : "public") +
                      " key in PEM, without a passphrase: text that begins with " + begin +
                      (is_private ? ". With a public key alone: AuthConfig::verify_only" : ""));
  }
  check_fits(key.get(), algorithm);
  return key;
}

// Sets up signing or verifying: the digest, and for PSS the padding of RFC 7518 §3.5 (a salt as
// long as the hash).
template <class Init>
bool begin(EVP_MD_CTX* context, EVP_PKEY* key, Algorithm algorithm, Init init) {
  EVP_PKEY_CTX* details = nullptr;
  if (init(context, &details, digest_of(algorithm), nullptr, key) != 1) return false;
  if (kind_of(algorithm) != Kind::rsa_pss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// RFC 7518 §3.4: a JWS carries r and s side by side, OpenSSL expects DER.
int half_size(Algorithm algorithm) {
  return algorithm == Algorithm::ES256 ? 32 : 48;
}

std::string der_from_pair(std::string_view pair, Algorithm algorithm) {
  const std::size_t half = half_size(algorithm);
  if (pair.size() != 2 * half) return {};
  const EcSignature signature(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(bytes_of(pair), static_cast<int>(half), nullptr);
  BIGNUM* s = BN_bin2bn(bytes_of(pair) + half, static_cast<int>(half), nullptr);
  // CVE-2022-21449: zeros are no signature. OpenSSL refuses them as well.
  const bool zero = BN_is_zero(r) || BN_is_zero(s);
  ECDSA_SIG_set0(signature.get(), r, s);
  if (zero) return {};
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned(
      der, [](unsigned char* p) { OPENSSL_free(p); });
  return size > 0 ? std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size))
                  : std::string{};
}

std::string pair_from_der(std::string_view der, Algorithm algorithm) {
  const std::size_t half = half_size(algorithm);
  const unsigned char* in = bytes_of(der);
  const EcSignature signature(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));
  std::string pair(2 * half, '\0');
  auto* out = reinterpret_cast<unsigned char*>(pair.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, static_cast<int>(half));
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + half, static_cast<int>(half));
  return pair;
}

class PublicKeyVerifier final : public Verifier {
 public:
  PublicKeyVerifier(Key key, Algorithm algorithm) : key_(std::move(key)), algorithm_(algorithm) {}

  bool verify(std::string_view input, std::string_view signature) const override {
    std::string der;
    if (kind_of(algorithm_) == Kind::ecdsa) {
      der = der_from_pair(signature, algorithm_);
      if (der.empty()) return false;
      signature = der;
    }
    const DigestContext context(EVP_MD_CTX_new());
    const bool good = begin(context.get(), key_.get(), algorithm_, &EVP_DigestVerifyInit) &&
                      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                       bytes_of(input), input.size()) == 1;
    if (!good) ERR_clear_error();
    return good;
  }

 private:
  const Key key_;
  const Algorithm algorithm_;
};

class PublicKeySigner final : public Signer {
 public:
  PublicKeySigner(Key key, Algorithm algorithm) : key_(std::move(key)), algorithm_(algorithm) {}

  std::string sign(std::string_view input) const override {
    const DigestContext context(EVP_MD_CTX_new());
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t size = signature.size();
    if (!begin(context.get(), key_.get(), algorithm_, &EVP_DigestSignInit) ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(input), input.size()) != 1) {
      throw std::bad_alloc();
    }
    signature.resize(size);
    return kind_of(algorithm_) == Kind::ecdsa ? pair_from_der(signature, algorithm_) : signature;
  }

 private:
  const Key key_;
  const Algorithm algorithm_;
};

}  // namespace

std::unique_ptr<Verifier> make_public_key_verifier(const std::string& private_pem,
                                                   const std::string& public_pem,
                                                   Algorithm algorithm) {
  // A private key holds its public half.
  const bool separate = !public_pem.empty();
  Key key = read_pem(separate ? public_pem : private_pem, !separate, algorithm);
  return std::make_unique<PublicKeyVerifier>(std::move(key), algorithm);
}

std::unique_ptr<Verifier> make_public_key_verifier(Key key, Algorithm algorithm) {
  check_fits(key.get(), algorithm);
  return std::make_unique<PublicKeyVerifier>(std::move(key), algorithm);
}

std::unique_ptr<Signer> make_public_key_signer(const std::string& private_pem,
                                               Algorithm algorithm) {
  return std::make_unique<PublicKeySigner>(read_pem(private_pem, true, algorithm), algorithm);
}

}  // namespace microframe::authx
