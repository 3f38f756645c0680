#include "ws/endpoint.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "microframe/config_error.hpp"
#include "ws/server_connection.hpp"
#include "ws/site.hpp"

namespace microframe::ws {

Endpoint::Endpoint(WebSocketRoute route) : route_(std::move(route)), authenticator_(route_.auth_) {
  if (!route_.path_.starts_with('/')) {
    throw ConfigError("the route \"" + route_.path_ + "\" must start with '/': write \"/" + route_.path_ +
                      "\"");
  }
}

void Endpoint::open(std::vector<hub::LoopPort*> loops, Site& site) {
  const Limits& limits = site.limits;
  site_ = &site;
  hub::HubLimits hub_limits;
  hub_limits.devices_per_user_max = limits.devices_per_user_max;
  hub_limits.rooms_per_member_max = limits.rooms_per_connection_max;
  hub_limits.rooms_max = limits.rooms_max;
  hub_limits.room_name_bytes_max = limits.room_name_bytes_max;
  hub_ = std::make_unique<hub::Hub>(std::move(loops), hub_limits);
  keyring_ = Keyring(authenticator_.key_sources(), site.keys);
  route_.base_->endpoint_ = this;
}

base::Result<authx::Identity, authx::Refused> Endpoint::judge(const authx::Candidate& candidate,
                                                              authx::Time now) const {
  auto identity = authenticator_.judge(candidate, now, keyring_.known());
  if (!identity || !site_->revocations.covers(identity->user(), identity->claims.issued_at)) return identity;
  authx::Refused refused;
  refused.detail = "token revoked";
  return base::fail(std::move(refused));
}

std::optional<authx::Claims> Endpoint::verify(std::string_view token, authx::Time now) const {
  auto claims = authenticator_.verify(token, now, keyring_.known());
  if (!claims) {
    const auto at_once = std::chrono::steady_clock::now();
    const auto& why = claims.error();
    if (why.error == authx::TokenError::unknown_key)
      keyring_.store().want(keyring_.number(why.source), at_once, at_once);
    return std::nullopt;
  }
  if (site_->revocations.covers(claims->sub, claims->issued_at)) return std::nullopt;
  return std::move(*claims);
}

std::size_t Endpoint::disconnect(std::string_view user, std::string_view reason) const {
  const auto devices = hub().members_of(user);
  for (const auto& device : devices) static_cast<ServerConnection&>(*device).request_revocation(reason);
  return devices.size();
}

hub::Hub& Endpoint::hub() const {
  if (!hub_) throw std::logic_error("the application does not serve yet: nobody is connected to " + path());
  return *hub_;
}

base::Shedding Endpoint::shedding(std::string_view room, std::string_view key) const {
  using Rule = base::Shedding::Rule;
  if (site_->rooms.empty()) return {};
  const std::hash<std::string_view> hash;
  switch (site_->rooms.of(room).when_slow()) {
    case WhenSlow::disconnect:
      return {};
    case WhenSlow::drop_oldest:
      return {Rule::oldest, hash(room)};
    case WhenSlow::conflate:
      // The name's end marks where the key begins: no two pairs read alike.
      return {Rule::superseded, hash(std::string(room) + '\0' + std::string(key))};
  }
  return {};
}

JoinResult Endpoint::count(JoinResult result, std::string_view who) const {
  if (result == JoinResult::name_invalid) site_->rejections.add(Rejection::room_name, who, path());
  if (result == JoinResult::too_many_rooms) site_->rejections.add(Rejection::too_many_rooms, who, path());
  return result;
}

std::string_view Endpoint::choose_subprotocol(const std::vector<std::string_view>& offered) const {
  const auto carries_token = [&](std::string_view name) { return authenticator_.carries_token(name); };
  for (const std::string& spoken : route_.subprotocols_) {
    if (std::find(offered.begin(), offered.end(), spoken) != offered.end()) return spoken;
  }
  const auto other = std::find_if_not(offered.begin(), offered.end(), carries_token);
  if (other != offered.end()) return route_.subprotocols_.empty() ? *other : std::string_view{};
  return offered.size() == 1 ? offered.front() : std::string_view{};
}

std::string Endpoint::hook_names() const {
  const detail::Hooks& found = hooks();
  std::string names;
  const auto add = [&](bool there, const char* name) {
    if (there) names += (names.empty() ? "" : " ") + std::string(name);
  };
  add(found.on_connect, "on_connect");
  add(found.on_json, "on_message(json)");
  add(found.on_raw, "on_message(raw)");
  add(found.on_binary, "on_binary");
  add(found.on_disconnect, "on_disconnect");
  return names;
}

}  // namespace microframe::ws
