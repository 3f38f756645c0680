// Key: a key of OpenSSL's, owned. For the sources of authx that make one, and no header beside.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "authx/signer.hpp"

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

// public_key.cpp. key: not null, with a public half. errors: ConfigError if it does not fit the
// algorithm.
std::unique_ptr<Verifier> make_public_key_verifier(Key key, Algorithm algorithm);

}  // namespace microframe::authx
