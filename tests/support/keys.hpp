// Keys for tests, made at run time: none lies in the repo.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <vector>

namespace test {

struct KeyPair {
  std::string private_pem;
  std::string public_pem;
  std::string public_der;
};

inline std::string take(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

inline KeyPair to_pair(EVP_PKEY* key) {
  KeyPair pair;
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr,
                                nullptr);  // writes nothing for a public key
  pair.private_pem = take(bio);
  bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key);
  pair.public_pem = take(bio);
  bio = BIO_new(BIO_s_mem());
  i2d_PUBKEY_bio(bio, key);
  pair.public_der = take(bio);
  EVP_PKEY_free(key);
  return pair;
}

inline KeyPair rsa_key(unsigned bits = 2048) {
  return to_pair(EVP_RSA_gen(bits));
}
inline KeyPair ec_key(const char* curve) {
  return to_pair(EVP_EC_gen(curve));
}
inline KeyPair ed25519_key() {
  return to_pair(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

// The PEM of a public key in DER.
inline std::string public_pem(std::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &bytes, static_cast<long>(der.size()));
  return key ? to_pair(key).public_pem : std::string{};
}

inline std::string hmac_sha256(std::string_view secret, std::string_view input) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  std::size_t size = 0;
  EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret.data(), secret.size(),
            reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, sizeof mac,
            &size);
  return {reinterpret_cast<char*>(mac), size};
}

// An ECDSA signature of r and s side by side, each half of `pair`, in the DER that OpenSSL speaks.
inline std::string ecdsa_der(std::string_view pair) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(pair.data());
  const int half = static_cast<int>(pair.size() / 2);
  ECDSA_SIG* signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, BN_bin2bn(bytes, half, nullptr),
                 BN_bin2bn(bytes + half, half, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &der);
  std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  ECDSA_SIG_free(signature);
  return text;
}

}  // namespace test
