// A source of keys by the name of its issuer.
#pragma once

#include <string>

#include "microframe/authx.hpp"

namespace microframe::keys {

inline authx::JwksSource source(const std::string& issuer) {
  return authx::JwksSource("https://id.example/" + issuer).issuer(issuer);
}

}  // namespace microframe::keys
