#include "ws/sessions.hpp"

#include <openssl/crypto.h>

#include "ws/random_name.hpp"
#include "ws/server_connection.hpp"

namespace microframe::ws {
namespace {

constexpr std::size_t kNameBytes = 12;
constexpr std::size_t kSecretBytes = 24;

}  // namespace

SessionKey SessionKey::make() {
  return {random_name(kNameBytes), random_name(kSecretBytes)};
}

Sessions::Sessions(std::size_t suspended_max) : suspended_(suspended_max) {}
Sessions::~Sessions() = default;

void Sessions::add(const SessionKey& key, ServerConnection& connection) {
  const std::lock_guard lock(mutex_);
  entries_.insert_or_assign(key.name, Entry{key.secret, base::Ref<ServerConnection>(&connection)});
}

void Sessions::remove(const std::string& name) {
  base::Ref<ServerConnection> last;  // let go outside of the lock
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  last = std::move(found->second.connection);
  entries_.erase(found);
}

base::Ref<ServerConnection> Sessions::find(const v1::ResumeOffer& offer) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(offer.session);
  if (found == entries_.end()) return {};
  const std::string& secret = found->second.secret;
  const bool same = secret.size() == offer.secret.size() &&
                    CRYPTO_memcmp(secret.data(), offer.secret.data(), secret.size()) == 0;
  return same ? found->second.connection : base::Ref<ServerConnection>{};
}

std::size_t Sessions::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace microframe::ws
