#include "simulation/sessions/server.hpp"

#include <memory>

namespace microframe::simulation::sessions {
namespace {

using Kind = Link::Item::Kind;

}  // namespace

std::optional<ShownToken> parse_token(std::string_view token) {
  const std::size_t bar = token.find('|');
  if (bar == std::string_view::npos) return std::nullopt;
  return ShownToken{std::string(token.substr(0, bar)),
                    std::stoull(std::string(token.substr(bar + 1)))};
}

std::string make_token(const std::string& user, std::uint64_t expires_ms) {
  return user + "|" + std::to_string(expires_ms);
}

void Server::arrive(Link& link) {
  const base::Ref<Link> keep(&link);
  scene_.loops[link.loop]->on([&] {
    const Link::Item item = link.take_up();
    if (item.kind == Kind::request) return receive_request(link);
    if (!link.host) return;  // it has said its Close
    const base::Ref<Host> host(link.host);
    host->read(item);
  });
}

void Server::receive_request(Link& link) {
  const auto shown = parse_token(link.token);
  if (!shown || shown->expires_ms <= scene_.now_ms) return refuse(link);
  Arrival arrival;
  arrival.link = base::Ref<Link>(&link);
  arrival.user = shown->user;
  arrival.expires_ms = shown->expires_ms;
  link.held = true;
  Host* host = link.offer ? find(link.offer->session) : nullptr;
  const bool own = host && host->secret() == link.offer->secret && host->user() == arrival.user;
  if (!own) return begin_anew(arrival, link.loop);
  arrival.received = link.offer->received;
  arrival.attempt = link.offer->attempt;
  scene_.run_on(host->loop(), [held = base::Ref<Host>(host), arrival] { held->resume(arrival); });
}

// In one of the ways that docs/protocol.md allows.
void Server::refuse(Link& link) {
  scene_.trace([] { return std::string("a token is refused"); });
  if (scene_.random.percent(30)) return link.push_down({Kind::refused, {}, 401});
  link.push_down({Kind::accepted, scene_.random.percent(50) ? "microframe.v1" : ""});
  link.push_down({Kind::text, R"({"error":"unauthorized"})"});
  link.push_down({Kind::close, "unauthorized", 4401});
}

void Server::begin_anew(const Arrival& arrival, std::size_t loop) {
  hosts_.emplace_back(
      new Host(scene_, *this, static_cast<unsigned>(hosts_.size() + 1), arrival.user, loop));
  const base::Ref<Host> host = hosts_.back();
  resumable_[std::string(host->session())] = host.get();
  host->open(arrival);
}

Host* Server::find(const std::string& name) const {
  const auto found = resumable_.find(name);
  return found == resumable_.end() ? nullptr : found->second;
}

}  // namespace microframe::simulation::sessions
