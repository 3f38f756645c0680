#include "authx/hmac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <new>
#include <string>

#include "authx/evp_key.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {
namespace {

using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<&EVP_MD_CTX_free>>;
using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

const EVP_MD* digest_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::HS384:
      return EVP_sha384();
    case Algorithm::HS512:
      return EVP_sha512();
    default:
      return EVP_sha256();
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

// RFC 2104 §2 over OpenSSL's digests. The two digests that begin with the key are made once (§4),
// and each use works on a copy of them: a copy of OpenSSL's own EVP_MAC takes a dozen blocks of
// memory.
class Hmac final : public Signer, public Verifier {
 public:
  Hmac(std::string_view secret, Algorithm algorithm) {
    const EVP_MD* digest = digest_of(algorithm);
    const std::string block = block_of(secret, digest);
    inner_ = begun_with(block, '\x36', digest);
    outer_ = begun_with(block, '\x5C', digest);
  }

  std::string sign(std::string_view input) const override {
    Digest mac;
    unsigned size = 0;
    const DigestContext context(EVP_MD_CTX_new());
    if (!context) throw std::bad_alloc();
    must(EVP_MD_CTX_copy_ex(context.get(), inner_.get()));
    must(EVP_DigestUpdate(context.get(), input.data(), input.size()));
    must(EVP_DigestFinal_ex(context.get(), mac.data(), &size));
    must(EVP_MD_CTX_copy_ex(context.get(), outer_.get()));
    must(EVP_DigestUpdate(context.get(), mac.data(), size));
    must(EVP_DigestFinal_ex(context.get(), mac.data(), &size));
    return {reinterpret_cast<const char*>(mac.data()), size};
  }

  bool verify(std::string_view input, std::string_view signature) const override {
    const std::string expected = sign(input);
    return signature.size() == expected.size() &&
           CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
  }

 private:
  // The key as a block of the digest's: hashed where it is longer, zeros behind it where it is
  // shorter.
  static std::string block_of(std::string_view secret, const EVP_MD* digest) {
    const auto block_bytes = static_cast<std::size_t>(EVP_MD_get_block_size(digest));
    std::string block(secret);
    if (block.size() > block_bytes) {
      Digest hashed;
      unsigned size = 0;
      must(EVP_Digest(secret.data(), secret.size(), hashed.data(), &size, digest, nullptr));
      block.assign(reinterpret_cast<const char*>(hashed.data()), size);
    }
    block.resize(block_bytes);
    return block;
  }
  // A digest that has read the block, each byte of it flipped by `pad`.
  static DigestContext begun_with(std::string block, char pad, const EVP_MD* digest) {
    for (char& byte : block) byte = static_cast<char>(byte ^ pad);
    DigestContext context(EVP_MD_CTX_new());
    if (!context) throw std::bad_alloc();
    must(EVP_DigestInit_ex(context.get(), digest, nullptr));
    must(EVP_DigestUpdate(context.get(), block.data(), block.size()));
    return context;
  }

  DigestContext inner_;
  DigestContext outer_;
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
