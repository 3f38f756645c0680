// HMAC (RFC 2104) with a shared secret: HS256, HS384, HS512. RFC 7518 §3.2.
#pragma once

#include <memory>
#include <string_view>

#include "authx/signature.hpp"
#include "microframe/authx/algorithm.hpp"

namespace microframe::authx {

bool is_hmac(Algorithm algorithm);

// errors: ConfigError for a secret that is empty, too short for `algorithm`, or a key in PEM.
void check_secret(std::string_view secret, Algorithm algorithm);

// errors: as check_secret.
std::unique_ptr<Verifier> make_hmac_verifier(std::string_view secret, Algorithm algorithm);
std::unique_ptr<Signer> make_hmac_signer(std::string_view secret, Algorithm algorithm);

}  // namespace microframe::authx
