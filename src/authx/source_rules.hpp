// Whose keys an AuthConfig may have fetched, and from where: what cannot be is refused at start,
// with what to write instead.
#pragma once

#include <vector>

#include "microframe/authx/jwks_source.hpp"

namespace microframe::authx {

// What a source of keys must say by itself. What depends on other members of the AuthConfig
// (audience) is left to check_token_rules.
// errors: ConfigError.
void check_key_sources(const std::vector<JwksSource>& sources);

}  // namespace microframe::authx
