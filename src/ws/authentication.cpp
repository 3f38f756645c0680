#include "ws/authentication.hpp"

#include <string>
#include <utility>

#include "base/log.hpp"

namespace microframe::ws {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::string_view kRetrySoon = "Retry-After: 5\r\n";

}  // namespace

// --- token ---

Then Authentication::choose(const authx::Presented& presented) {
  auto candidate = access_.authenticator().choose(presented);
  if (!candidate) return refuse(candidate.error());
  candidate_ = std::move(*candidate);
  return Then::next;
}

// --- key ---

// What a token says of its key decides nothing before the key has verified it: the key is looked for
// among those of the issuers that are configured, and has them fetched anew at most.
Then Authentication::judge() {
  const auto looked = steady_clock::now();
  auto identity = access_.judge(candidate_, system_clock::now());
  if (!identity) {
    if (identity.error().kind != authx::Refused::Kind::unknown_key) return refuse(identity.error());
    if (!keys_) {
      keys_.emplace();
      keys_->since = looked;
    }
    keys_->looked = looked;
    return wait_for_keys(identity.error());
  }
  keys_.reset();
  claims_ = std::move(identity->claims);
  if (!identity->note.empty())
    base::log::limited(base::log::Level::warning, "tokens differ", {{"note", identity->note}});
  return Then::next;
}

Then Authentication::wait_for_keys(const authx::Refused& refused) {
  if (!keys_->place) {
    keys_->place = context_.registries.key_waits.take();
    if (!keys_->place)
      return reject(guard::Rejection::key_waits_full, 503, "keys being waited for", kRetrySoon);
    if (wait() == Then::over) return Then::over;
  }
  const keys::Keyring& ring = access_.keyring();
  keys_->source = ring.number(refused.source);
  const auto deadline = keys_->since + context_.limits().auth_time;
  const auto came = [this] {
    host_.in_turn([this] {
      if (host_.is_waiting()) host_.go_on(judge());
    });
  };
  switch (
      ring.store().wait(keys_->source, keys_->since, keys_->looked, deadline, came, keys_->wait)) {
    case keys::KeyStore::Outlook::absent:
      keys_.reset();
      return refuse(refused);
    case keys::KeyStore::Outlook::renewed:
      return judge();
    case keys::KeyStore::Outlook::coming:
      return Then::waits;
    case keys::KeyStore::Outlook::too_far:
      return keys_missing("unknown key, and its issuer is not to be asked yet");
  }
  return Then::over;
}

// Nobody can tell whether the token is good: its bearer must come back, not be turned away.
Then Authentication::keys_missing(std::string_view detail) {
  const auto after = access_.keyring().store().retry_after(keys_->source);
  keys_.reset();  // its place is another's while the answer leaves
  return reject(guard::Rejection::keys_unavailable, 503, detail,
                "Retry-After: " + std::to_string(after.count()) + "\r\n");
}

// --- user ---

Then Authentication::look_up_user() {
  if (!access_.users()) return Then::next;
  if (!question_.take_place(context_))
    return reject(guard::Rejection::auth_overload, 503, "users being looked up", kRetrySoon);
  if (wait() == Then::over) return Then::over;
  return judge_user(question_.ask(context_, access_, claims_, &Authentication::looked_up, this));
}

void Authentication::looked_up(void* self) {
  auto& asked = *static_cast<Authentication*>(self);
  asked.host_.in_turn(
      [&asked] { asked.host_.go_on(asked.judge_user(asked.question_.take_answer())); });
}

Then Authentication::judge_user(UserQuestion::Answer answer) {
  if (answer == UserQuestion::Answer::none_yet) return Then::waits;
  if (!host_.is_waiting()) return Then::over;  // too late: it has been refused
  if (answer == UserQuestion::Answer::welcome) return Then::next;
  if (answer == UserQuestion::Answer::failed)
    return reject(guard::Rejection::auth_failed, 503, "the user store failed");
  authx::Refused refused;
  refused.detail = "the AuthManager does not authorize this user";
  return refuse(refused);
}

// --- refusing ---

void Authentication::give_up() {
  if (keys_) {
    keys_missing("the keys did not come in time");
  } else {
    reject(guard::Rejection::auth_timeout, 503, "the user store did not answer in time");
  }
}

Then Authentication::refuse(const authx::Refused& refused) {
  host_.refuse(refused);
  return Then::over;
}

Then Authentication::reject(guard::Rejection why, unsigned status, std::string_view detail,
                            std::string_view fields) {
  host_.reject(why, status, detail, fields);
  return Then::over;
}

}  // namespace microframe::ws
