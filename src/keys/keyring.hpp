// Keyring: the issuers whose fetched keys one endpoint trusts. Threading: as KeyStore.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "authx/jwks.hpp"
#include "keys/key_store.hpp"

namespace microframe::keys {

class Keyring {
 public:
  Keyring() = default;
  // Adds the sources to the store, which outlives the ring.
  Keyring(std::span<const authx::JwksSource> sources, KeyStore& store) : store_(&store) {
    for (const auto& source : sources) numbers_.push_back(store.add(source));
  }

  // What is known now, in the order of the sources.
  authx::KnownKeys known() const {
    authx::KnownKeys keys;
    keys.reserve(numbers_.size());
    for (const std::size_t number : numbers_) keys.push_back(store_->keys(number));
    return keys;
  }
  KeyStore& store() const { return *store_; }
  // The number in the store of the source at `index`.
  std::size_t number(std::size_t index) const { return numbers_[index]; }

 private:
  KeyStore* store_ = nullptr;
  std::vector<std::size_t> numbers_;
};

}  // namespace microframe::keys
