#include "authx/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <new>
#include <string>
#include <utility>

#include "authx/evp_key.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {
namespace {

using Mac = std::unique_ptr<EVP_MAC, FreeWith<&EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeWith<&EVP_MAC_CTX_free>>;

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

void must(int done) {
  if (done != 1) throw std::bad_alloc();
}

// A context that holds the key.
MacContext keyed_context(std::string_view secret, Algorithm algorithm) {
  const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacContext context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  if (!context) throw std::bad_alloc();
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                       const_cast<char*>(digest_of(algorithm)), 0),
      OSSL_PARAM_construct_end()};
  const auto* key = reinterpret_cast<const unsigned char*>(secret.data());
  must(EVP_MAC_init(context.get(), key, secret.size(), parameters.data()));
  return context;
}

// OpenSSL's EVP_MAC. Many threads use one key, but a context serves one at a time, and to make or
// to copy one takes a dozen blocks of memory: the last one used stays for the next use, and only a
// thread that finds it taken copies the key's (ADR 14).
class Hmac final : public Signer, public Verifier {
 public:
  Hmac(std::string_view secret, Algorithm algorithm) : keyed_(keyed_context(secret, algorithm)) {}
  ~Hmac() override { EVP_MAC_CTX_free(spare_.load()); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  std::string sign(std::string_view input) const override {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
    std::size_t size = 0;
    MacContext context = take();
    must(EVP_MAC_init(context.get(), nullptr, 0, nullptr));  // again, with the key it has
    must(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(input.data()),
                        input.size()));
    must(EVP_MAC_final(context.get(), mac.data(), &size, mac.size()));
    give_back(std::move(context));
    return {reinterpret_cast<const char*>(mac.data()), size};
  }

  bool verify(std::string_view input, std::string_view signature) const override {
    const std::string expected = sign(input);
    return signature.size() == expected.size() &&
           CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
  }

 private:
  // returns: a context that nobody else uses.
  MacContext take() const {
    MacContext context(spare_.exchange(nullptr, std::memory_order_acquire));
    if (!context) context.reset(EVP_MAC_CTX_dup(keyed_.get()));
    if (!context) throw std::bad_alloc();
    return context;
  }
  void give_back(MacContext context) const {
    EVP_MAC_CTX* const given = context.release();
    EVP_MAC_CTX* none = nullptr;
    if (!spare_.compare_exchange_strong(none, given, std::memory_order_release,
                                        std::memory_order_relaxed))
      context.reset(given);
  }

  const MacContext keyed_;
  mutable std::atomic<EVP_MAC_CTX*> spare_{nullptr};  // owned; nullptr while it is taken
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
    throw ConfigError("the secret is too short: " + name + " wants at least " + min +
                      " bytes, this has " + std::to_string(secret.size()) + advice);
  }
}

std::unique_ptr<Verifier> make_hmac_verifier(std::string_view secret, Algorithm algorithm) {
  check_secret(secret, algorithm);
  return std::make_unique<Hmac>(secret, algorithm);
}

std::unique_ptr<Signer> make_hmac_signer(std::string_view secret, Algorithm algorithm) {
  check_secret(secret, algorithm);
  return std::make_unique<Hmac>(secret, algorithm);
}

}  // namespace microframe::authx
