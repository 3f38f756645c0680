// Key: an owned key of OpenSSL's. Only sources of authx include this header, because it shows
// OpenSSL.
#pragma once

#include <openssl/evp.h>

#include <memory>

namespace microframe::authx {

// Owns what an OpenSSL function frees.
template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using Key = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;

}  // namespace microframe::authx
