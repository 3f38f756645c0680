// How long a token is good, as its holder reads it. Unverified, because the token is our own.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace microframe::client {

// returns: milliseconds until the `exp` of a JWT (RFC 7519 §4.1.4), 0 if that has passed; nullopt
//          if `token` is no JWT or has no `exp`.
std::optional<std::uint64_t> good_for_ms(std::string_view token,
                                         std::chrono::system_clock::time_point now);

}  // namespace microframe::client
