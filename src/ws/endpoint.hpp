// Endpoint: one route while the application serves: its hooks, who may connect, its users and rooms.
// Threading: immutable but for the hub, which takes care of itself; shared by all loops.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authx/authenticator.hpp"
#include "base/shedding.hpp"
#include "hub/hub.hpp"
#include "microframe/ws/route.hpp"
#include "ws/keyring.hpp"

namespace microframe::ws {

class Site;

class Endpoint {
 public:
  // errors: ConfigError for a path without '/', or a key that does not fit.
  explicit Endpoint(WebSocketRoute route);

  // Makes the hub, and lets the application's object speak through it. Once, before the first connection.
  // site: outlives the endpoint's last use.
  void open(std::vector<hub::LoopPort*> loops, Site& site);

  const std::string& path() const { return route_.path_; }
  const detail::Hooks& hooks() const { return route_.hooks_; }
  void* handler() const { return route_.handler_; }
  authx::AuthManager* users() const { return route_.users_; }
  const authx::Authenticator& authenticator() const { return authenticator_; }
  // Who the bearer of a token is, by the keys that are known now.
  base::Result<authx::Identity, authx::Refused> judge(const authx::Candidate& candidate,
                                                      authx::Time now) const;
  // A fresh access token for a live connection. An unknown key is refused, and fetched for the next time.
  std::optional<authx::Claims> verify(std::string_view token, authx::Time now) const;
  const Keyring& keyring() const { return keyring_; }
  // Closes every device of `user` with 4409. returns: how many there were. Any thread.
  std::size_t disconnect(std::string_view user, std::string_view reason) const;
  bool refuses_by_http() const { return authenticator_.refusal() == authx::AuthRefusal::http; }
  hub::Hub& hub() const;
  // What may become of a frame that is sent to `room` where it waits for a slow member; `key` is its own.
  base::Shedding shedding(std::string_view room, std::string_view key) const;
  // Counts a join that a limit refused; passes `result` on. who: the device's address, or the user.
  JoinResult count(JoinResult result, std::string_view who) const;

  // The subprotocol to answer (RFC 6455 §4.2.2), "" for none. One that carries a token is chosen only if it
  // was the only one offered, for browsers fail a handshake that selects none of theirs.
  std::string_view choose_subprotocol(const std::vector<std::string_view>& offered) const;

  // The hooks found, by name, for the line at start: "on_connect on_message".
  std::string hook_names() const;

 private:
  WebSocketRoute route_;
  authx::Authenticator authenticator_;
  std::unique_ptr<hub::Hub> hub_;
  Keyring keyring_;
  Site* site_ = nullptr;  // once open
};

}  // namespace microframe::ws
