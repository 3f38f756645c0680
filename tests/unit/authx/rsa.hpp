// The RSA key of the tests of authx: one for all of them, because making one takes long.
#pragma once

#include "support/keys.hpp"

namespace microframe::authx {

inline const test::KeyPair& rsa() {
  static const test::KeyPair pair = test::rsa_key();
  return pair;
}

}  // namespace microframe::authx
