#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <new>

#include "authx/key_types.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {
namespace {

struct MacContextFree {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, MacContextFree>;

// A context that holds the key; each use works on a copy, which spares the key schedule and OpenSSL's
// look-ups.
MacContext keyed_context(std::string_view secret, const char* digest) {
  const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                         &EVP_MAC_free);
  MacContext context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
      OSSL_PARAM_construct_end()};
  const auto* key = reinterpret_cast<const unsigned char*>(secret.data());
  if (!context || EVP_MAC_init(context.get(), key, secret.size(), parameters) != 1) throw std::bad_alloc();
  return context;
}

const char* digest_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::HS384:
      return "SHA384";
    case Algorithm::HS512:
      return "SHA512";
    default:
      return "SHA256";
  }
}

std::size_t secret_bytes_min(Algorithm algorithm) {  // RFC 7518 §3.2: as long as the hash
  switch (algorithm) {
    case Algorithm::HS384:
      return 48;
    case Algorithm::HS512:
      return 64;
    default:
      return 32;
  }
}

class Hmac final : public Signer, public Verifier {
 public:
  Hmac(std::string_view secret, Algorithm algorithm)
      : context_(keyed_context(secret, digest_of(algorithm))) {}

  std::string sign(std::string_view input) const override {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
    std::size_t size = 0;
    const MacContext context(EVP_MAC_CTX_dup(context_.get()));
    const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
    if (!context || EVP_MAC_update(context.get(), bytes, input.size()) != 1 ||
        EVP_MAC_final(context.get(), mac.data(), &size, mac.size()) != 1) {
      throw std::bad_alloc();
    }
    return {reinterpret_cast<const char*>(mac.data()), size};
  }

  bool verify(std::string_view input, std::string_view signature) const override {
    const std::string expected = sign(input);
    return signature.size() == expected.size() &&
           CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
  }

 private:
  MacContext context_;
};

}  // namespace

bool is_hmac(Algorithm algorithm) {
  return algorithm <= Algorithm::HS512;
}

void check_secret(std::string_view secret, Algorithm algorithm) {
  const std::string name(to_string(algorithm));
  const std::string min = std::to_string(secret_bytes_min(algorithm));
  const std::string advice = ". Make one with: openssl rand -hex " + min;
  if (secret.empty()) throw ConfigError("the secret is empty" + advice);
  // RFC 8725 §2.1: a public key taken for a secret is known to everyone.
  if (secret.find("-----BEGIN ") != std::string_view::npos) {
    throw ConfigError("the secret for " + name +
                      " is a key in PEM; name the key's algorithm, such as Algorithm::RS256");
  }
  if (secret.size() < secret_bytes_min(algorithm)) {
    throw ConfigError("the secret is too short: " + name + " wants at least " + min + " bytes, this has " +
                      std::to_string(secret.size()) + advice);
  }
}

std::unique_ptr<Verifier> make_hmac_verifier(const AuthConfig& config) {
  check_secret(config.secret_key, config.algorithm);
  return std::make_unique<Hmac>(config.secret_key, config.algorithm);
}

std::unique_ptr<Signer> make_hmac_signer(const AuthConfig& config) {
  check_secret(config.secret_key, config.algorithm);
  return std::make_unique<Hmac>(config.secret_key, config.algorithm);
}

}  // namespace microframe::authx
