#include "ws/access.hpp"

#include <chrono>

#include "ws/registries.hpp"

namespace microframe::ws {

void Access::open(Registries& registries) {
  registries_ = &registries;
  keyring_ = keys::Keyring(authenticator_.key_sources(), registries.keys);
}

base::Result<authx::Identity, authx::Refused> Access::judge(const authx::Candidate& candidate,
                                                            authx::Time now) const {
  auto identity = authenticator_.judge(candidate, now, keyring_.known());
  if (!identity || !is_revoked(identity->user(), identity->claims.issued_at)) return identity;
  authx::Refused refused;
  refused.detail = "token revoked";
  return base::fail(std::move(refused));
}

// The issuer's clock may be ahead by the leeway: a token that it issued before the revocation may then
// name a later second.
bool Access::is_revoked(std::string_view user, authx::Time issued_at) const {
  return registries_->revocations.covers(user, authenticator_.earliest_issue(issued_at));
}

std::optional<authx::Claims> Access::verify(std::string_view token, authx::Time now) const {
  auto claims = authenticator_.verify(token, now, keyring_.known());
  if (!claims) {
    const auto at_once = std::chrono::steady_clock::now();
    const auto& why = claims.error();
    if (why.error == authx::TokenError::unknown_key)
      keyring_.store().want(keyring_.number(why.source), at_once, at_once, at_once);
    return std::nullopt;
  }
  if (is_revoked(claims->sub, claims->issued_at)) return std::nullopt;
  return std::move(*claims);
}

}  // namespace microframe::ws
