// Key sets of a hostile issuer: within their bounds, with no key of an algorithm that was not
// allowed, and reading one twice gives the same. What verifies has no harm done to it by signatures
// of any length.

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "authx/jwks.hpp"
#include "authx/max_age.hpp"

using namespace microframe::authx;

namespace {

constexpr std::array kAll = {
    Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384,
    Algorithm::PS512, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA,
};
constexpr std::array kElliptic = {Algorithm::ES256, Algorithm::ES384};

// The seeds' name for their keys, and no name.
constexpr std::array<std::optional<std::string_view>, 2> kNames = {"k", std::nullopt};

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const KeySet& set) {
  require(set.size() >= 1 && set.size() <= KeySet::kKeysMax);
  require(set.names_as(set));
  for (const Algorithm secret : {Algorithm::HS256, Algorithm::HS384, Algorithm::HS512}) {
    for (const auto& name : kNames) require(!set.find(name, secret));
  }
  for (const Algorithm algorithm : kAll) {
    for (const auto& name : kNames) {
      const Verifier* key = set.find(name, algorithm);
      if (!key) continue;
      // CVE-2022-21449: a signature of zeros is none. Nor is one of another length, or an empty
      // one.
      for (const std::size_t size : {0U, 1U, 64U, 96U, 256U}) {
        require(!key->verify("header.claims", std::string(size, '\0')));
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto set = KeySet::parse(text, kAll)) {
    require(size <= KeySet::kBytesMax);
    check(*set);
    const auto again = KeySet::parse(text, kAll);
    require(again && again->names_as(*set) && again->passed_over() == set->passed_over());
  }
  if (const auto some = KeySet::parse(text, kElliptic)) {
    check(*some);
    for (const auto& name : kNames) {
      require(!some->find(name, Algorithm::EdDSA));
      require(!some->find(name, Algorithm::RS256));
    }
  }
  const auto age = max_age_of(text);
  require(!age || (age->count() >= 0 && age->count() <= 999'999'999));
  return 0;
}
