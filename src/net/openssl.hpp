// Owned objects of OpenSSL's, and its errors in words. Only sources of net include this header.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace microframe::net {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
inline void free_all(STACK_OF(X509) * certificates) {
  sk_X509_pop_free(certificates, X509_free);
}

using OwnedBio = std::unique_ptr<BIO, FreeWith<&BIO_free_all>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;
using OwnedCertificate = std::unique_ptr<X509, FreeWith<&X509_free>>;
using OwnedChain = std::unique_ptr<STACK_OF(X509), FreeWith<&free_all>>;

// Empties this thread's error queue.
// returns: the first error in words, from which the others follow; "" if there is none.
inline std::string openssl_error() {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  if (first == 0) return {};
  const char* reason = ERR_reason_error_string(first);
  return reason ? reason : "error " + std::to_string(first);
}

}  // namespace microframe::net
