// The Signer and the Verifier of an AuthConfig's own keys.
#pragma once

#include <memory>

#include "authx/signature.hpp"
#include "microframe/authx/auth_config.hpp"

namespace microframe::authx {

// errors: ConfigError for a key that is missing, weak, or of another kind than the algorithm's,
// with what to write instead.
std::unique_ptr<Verifier> make_verifier(const AuthConfig& config);
// returns: nullptr if the configuration has no key that signs.
// errors: as make_verifier.
std::unique_ptr<Signer> make_signer(const AuthConfig& config);

}  // namespace microframe::authx
