#include "microframe/authx/algorithm.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace microframe::authx {
namespace {

constexpr std::array<std::string_view, 12> kNames = {"HS256", "HS384", "HS512", "RS256",
                                                     "RS384", "RS512", "PS256", "PS384",
                                                     "PS512", "ES256", "ES384", "EdDSA"};

}  // namespace

std::string_view to_string(Algorithm algorithm) {
  return kNames.at(static_cast<std::size_t>(algorithm));
}

std::optional<Algorithm> algorithm_named(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Algorithm>(found - kNames.begin());
}

}  // namespace microframe::authx
