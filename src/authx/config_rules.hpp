// What an AuthConfig may say beside its keys, checked once at start: a rule that cannot hold, or
// that would silently let in nobody or everybody, is refused with what to write instead.
#pragma once

#include "microframe/authx/auth_config.hpp"

namespace microframe::authx {

// How long tokens are good, leeway, issuer and audience, and whose keys are fetched.
// errors: ConfigError.
void check_token_rules(const AuthConfig& config);

// The sources of a handshake's token, and the allowed origins.
// errors: ConfigError.
void check_carriers(const AuthConfig& config);

}  // namespace microframe::authx
