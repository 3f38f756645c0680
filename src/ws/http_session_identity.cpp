// How an HttpSession finds out whose token it has, where the issuer's keys may have to be waited
// for. What a token says of its key decides nothing before the key has verified it: it is looked
// for among those of the issuers that are configured, and has them fetched anew at most.

#include <chrono>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "ws/endpoint.hpp"
#include "ws/http_session.hpp"
#include "ws/loop_server.hpp"
#include "ws/site.hpp"

namespace microframe::ws {

using std::chrono::steady_clock;
using std::chrono::system_clock;

void HttpSession::judge(base::MutableBytes rest) {
  const auto since = steady_clock::now();
  auto identity = upgrade_->endpoint->judge(upgrade_->candidate, system_clock::now());
  if (identity) return identified(std::move(*identity), rest);
  if (identity.error().kind != authx::Refused::Kind::unknown_key) return refuse(identity.error());
  upgrade_->keys.emplace();
  upgrade_->keys->since = since;
  upgrade_->keys->place = server_.site().key_waits.take();
  if (!upgrade_->keys->place)
    return reject(guard::Rejection::key_waits_full, 503, "keys being waited for",
                  "Retry-After: 5\r\n");
  begin_authenticating();
  if (hold(rest)) wait_for_keys(identity.error());
}

void HttpSession::wait_for_keys(const authx::Refused& refused) {
  KeyWait& keys = *upgrade_->keys;
  const keys::Keyring& ring = upgrade_->endpoint->keyring();
  keys.source = ring.number(refused.source);
  const auto deadline = keys.since + server_.site().limits.auth_time;
  switch (ring.store().wait(
      keys.source, keys.since, deadline, [this] { guarded([this] { keys_came(); }); }, keys.wait)) {
    case keys::KeyStore::Outlook::absent:
      upgrade_->keys.reset();
      return refuse(refused);
    case keys::KeyStore::Outlook::coming:
      return;
    case keys::KeyStore::Outlook::too_far:
      return keys_missing("unknown key, and its issuer is not to be asked yet");
  }
}

void HttpSession::keys_came() {
  if (phase_ != Phase::authenticating) return;  // too late: it has been refused
  auto identity = upgrade_->endpoint->judge(upgrade_->candidate, system_clock::now());
  if (identity) {
    upgrade_->keys.reset();
    auto early = std::move(held_);
    return identified(std::move(*identity), early);
  }
  if (identity.error().kind == authx::Refused::Kind::unknown_key)
    return wait_for_keys(identity.error());
  upgrade_->keys.reset();
  refuse(identity.error());
}

// Nobody can tell whether the token is good: its bearer is to come back, not to be turned away.
void HttpSession::keys_missing(std::string_view detail) {
  const auto& ring = upgrade_->endpoint->keyring();
  const auto after = ring.store().retry_after(upgrade_->keys->source);
  upgrade_->keys.reset();  // its place is another's while the answer leaves
  reject(guard::Rejection::keys_unavailable, 503, detail,
         "Retry-After: " + std::to_string(after.count()) + "\r\n");
}

void HttpSession::identified(authx::Identity identity, base::MutableBytes rest) {
  upgrade_->claims = std::move(identity.claims);
  if (!identity.note.empty())
    base::log::limited(base::log::Level::warn, "tokens differ", {{"note", identity.note}});
  Site& site = server_.site();
  std::vector<proto::Extension> offers;  // well formed, as the handshake's check has found
  proto::parse_extensions(upgrade_->extensions, offers);
  upgrade_->deflate = agree_on_deflate(offers, site.compression, site.takeover_budget);
  if (upgrade_->endpoint->users()) {
    look_up_user(rest);
  } else {
    open(rest);
  }
}

}  // namespace microframe::ws
