#include "authx/jwks.hpp"

#include <algorithm>
#include <map>

#include "authx/strict_json.hpp"

namespace microframe::authx {

std::string_view to_string(KeySetError error) {
  switch (error) {
    case KeySetError::too_big:
      return "the key set is too big";
    case KeySetError::malformed:
      return "this is no key set";
    case KeySetError::too_many:
      return "the key set has too many keys";
    case KeySetError::no_key:
      return "the key set has no key that can be used";
  }
  return "bad key set";
}

base::Result<KeySet, KeySetError> KeySet::parse(std::string_view text,
                                                std::span<const Algorithm> allowed) {
  if (text.size() > kBytesMax) return base::fail(KeySetError::too_big);
  const auto object = parse_strict_object(text);
  const Json* member = object ? object->get_object().if_contains("keys") : nullptr;
  const auto* list = member ? member->if_array() : nullptr;
  if (!list) return base::fail(KeySetError::malformed);
  if (list->size() > kKeysMax) return base::fail(KeySetError::too_many);
  KeySet set;
  std::map<JwkError, std::size_t> errors;
  for (const Json& jwk : *list) {
    auto key = read_jwk(jwk, allowed);
    if (key) {
      set.keys_.push_back(std::move(*key));
    } else {
      ++errors[key.error()];
    }
  }
  for (const auto& [error, count] : errors) {
    if (!set.passed_over_.empty()) set.passed_over_ += ", ";
    set.passed_over_ += std::to_string(count) + " " + std::string(to_string(error));
  }
  // A set without keys is more likely a server's fault than an issuer's end: such a set must not
  // replace good keys.
  if (set.keys_.empty()) return base::fail(KeySetError::no_key);
  return set;
}

const Verifier* KeySet::find(std::optional<std::string_view> kid, Algorithm algorithm) const {
  const auto fits = [&](const PublicKey& key) {
    return key.algorithm == algorithm && (!kid || key.kid == *kid);
  };
  const auto found = std::find_if(keys_.begin(), keys_.end(), fits);
  if (found == keys_.end()) return nullptr;
  if (!kid && std::any_of(found + 1, keys_.end(), fits)) return nullptr;
  return found->verifier.get();
}

bool KeySet::names_as(const KeySet& other) const {
  return std::equal(keys_.begin(), keys_.end(), other.keys_.begin(), other.keys_.end(),
                    [](const PublicKey& a, const PublicKey& b) {
                      return a.kid == b.kid && a.algorithm == b.algorithm;
                    });
}

}  // namespace microframe::authx
