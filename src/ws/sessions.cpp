#include "ws/sessions.hpp"

#include <openssl/crypto.h>

#include <utility>

#include "ws/random_name.hpp"

namespace microframe::ws {
namespace {

// In multiples of three: base64url then adds nothing.
constexpr std::size_t kRunBytes = 3;
constexpr std::size_t kNameBytes = 9;
constexpr std::size_t kSecretBytes = 24;

}  // namespace

bool is_same_secret(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

Sessions::Sessions(std::size_t suspended_max)
    : run_(random_name(kRunBytes)), suspended_(suspended_max) {}

SessionKey Sessions::make_key() const {
  return {run_ + random_name(kNameBytes), random_name(kSecretBytes)};
}

void Sessions::add(const SessionKey& key, base::Ref<const base::RefCounted> held,
                   Resumable& session) {
  const std::lock_guard lock(mutex_);
  entries_.insert_or_assign(key.name, Entry{key.secret, {std::move(held), &session}});
}

void Sessions::remove(const std::string& name) {
  Found last;  // let go outside of the lock
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  last = std::move(found->second.found);
  entries_.erase(found);
}

Sessions::Found Sessions::find(const v1::ResumeOffer& offer) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(offer.session);
  if (entry == entries_.end()) return {};
  return is_same_secret(entry->second.secret, offer.secret) ? entry->second.found : Found{};
}

std::size_t Sessions::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace microframe::ws
