// KeySet: the public keys of one issuer, as a JSON Web Key Set has them. RFC 7517 §5. PURE.
// Threading: immutable once parsed; shared by many threads.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authx/jwk.hpp"
#include "base/result.hpp"

namespace microframe::authx {

enum class KeySetError : std::uint8_t {
  too_big,    // over KeySet::kBytesMax
  malformed,  // no strict JSON object with a list `keys`
  too_many,   // over KeySet::kKeysMax
  no_key,     // none of them can be used
};

// For the log.
std::string_view to_string(KeySetError error);

class KeySet {
 public:
  static constexpr std::size_t kBytesMax = 64 * 1024;
  static constexpr std::size_t kKeysMax = 100;

  // Reads a set. Keys that cannot be used are skipped (RFC 7517 §5), and noted.
  // allowed: as for read_jwk.
  static base::Result<KeySet, KeySetError> parse(std::string_view text,
                                                 std::span<const Algorithm> allowed);

  // The key with that name and algorithm; nullptr if there is none. Without a name: the key of that
  // algorithm, if there is exactly one.
  const Verifier* find(std::optional<std::string_view> kid, Algorithm algorithm) const;

  std::size_t size() const { return keys_.size(); }
  // What was skipped and why, for the log: "1 weak, 2 for another use"; "" for nothing.
  const std::string& passed_over() const { return passed_over_; }
  // Whether both have keys of the same names and algorithms.
  bool names_as(const KeySet& other) const;

 private:
  KeySet() = default;

  std::vector<PublicKey> keys_;
  std::string passed_over_;
};

// What a server knows now of the keys of an AuthConfig's key_sources, in the order of the sources;
// nullptr: no keys are known.
using KnownKeys = std::vector<std::shared_ptr<const KeySet>>;

}  // namespace microframe::authx
