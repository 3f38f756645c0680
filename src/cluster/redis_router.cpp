#include "cluster/redis_router.hpp"

#include <algorithm>
#include <utility>

#include "base/chance.hpp"
#include "base/log.hpp"
#include "base/to_ms.hpp"

namespace microframe::cluster {
namespace {

using Manner = RedisRequest::Manner;
using Kind = RedisReply::Kind;

constexpr unsigned kHopsMax = 8;
// How often what is held is looked at again, if nothing else happens.
constexpr std::chrono::milliseconds kLookAgain{50};

}  // namespace

RedisRouter::RedisRouter(net::Loop& loop, const RedisUrl& url, const RedisAccess& access,
                         RedisCounts& counts, Events& events)
    : loop_(loop),
      url_(url),
      access_(access),
      counts_(counts),
      events_(events),
      locator_(loop, url, access, counts) {}

RedisRouter::~RedisRouter() {
  *alive_ = false;
}

void RedisRouter::close() {
  *alive_ = false;
  locator_.close();
  for (auto& [name, place] : places_) place.server->close();
  for (const Request& request : std::exchange(held_, {})) lose(request);
}

std::string RedisRouter::name_of(const net::Address& address) {
  return net::to_string(address, address.port);
}

// --- which servers there are ---

void RedisRouter::locate() {
  if (locator_.is_searching() || !*alive_) return;
  locator_.locate([this](base::Result<RedisMap, std::string> found) { located(std::move(found)); });
}

void RedisRouter::located(base::Result<RedisMap, std::string> found) {
  if (!found) {
    base::log::limited(base::log::Level::warning, "broker not found", {{"why", found.error()}});
    set_state(State::away);
    return locate_after_failure();
  }
  std::set<std::string> wanted;
  for (const net::Address& address : found->servers) {
    wanted.insert(name_of(address));
    connect(address);
  }
  for (unsigned i = 0; i < RedisKeys::kPartitions; ++i)
    owner_[i] = name_of(found->servers[found->owner[i]]);
  std::vector<std::string> needless;
  for (const auto& [name, place] : places_) {
    if (!wanted.contains(name)) needless.push_back(name);
  }
  for (const std::string& name : needless) drop(name);
  std::vector<std::shared_ptr<RedisServer>> up;
  for (auto& [name, place] : places_) {
    if (place.server->is_up()) up.push_back(place.server);
  }
  // It may have got partitions whose subscriptions were elsewhere.
  for (const auto& server : up) events_.on_server(*server);
  send_held();
}

RedisServer& RedisRouter::connect(const net::Address& address) {
  Place& place = places_[name_of(address)];
  if (!place.server) place.server.reset(new RedisServer(loop_, address, access_, counts_, *this));
  return *place.server;
}

void RedisRouter::drop(const std::string& name) {
  const auto found = places_.find(name);
  if (found == places_.end()) return;
  const auto server = found->second.server;
  places_.erase(found);
  events_.on_server_gone(*server);
  server->close();
  loop_.post([server] {});  // which may be calling us just now
}

void RedisRouter::locate_after_failure() {
  if (pauses_) return;
  constexpr unsigned kDoublingsMax = 7;
  const auto full = std::min(kPauseMin * (1U << std::min(failures_, kDoublingsMax)), kPauseMax);
  ++failures_;
  locate_after(std::chrono::milliseconds(
      static_cast<long>(static_cast<double>(full.count()) * (0.5 + base::chance() / 2))));
}

void RedisRouter::locate_after(std::chrono::milliseconds pause) {
  if (std::exchange(pauses_, true)) return;
  loop_.after(pause, [this, alive = alive_] {
    if (!*alive) return;
    pauses_ = false;
    locate();
  });
}

void RedisRouter::on_server_up(RedisServer& server) {
  base::log::info("broker connected", {{"server", name_of(server.address())}});
  events_.on_server(server);
  send_held();
}

void RedisRouter::on_server_down(RedisServer& server, const std::string& why) {
  const std::string name = name_of(server.address());
  base::log::limited(base::log::Level::warning, "broker lost", {{"server", name}, {"why", why}});
  drop(name);
  set_state(State::away);
  locate_after_failure();
}

void RedisRouter::settled(RedisServer& server) {
  const auto found = places_.find(name_of(server.address()));
  if (found == places_.end() || found->second.server.get() != &server) return;
  found->second.is_settled = true;
  consider();
}

void RedisRouter::subscriptions_moved() {
  for (auto& [name, place] : places_) place.is_settled = false;
  set_state(State::away);
  // No failure: slots move one after the other, and each is followed as fast.
  locate_after(kPauseMin);
}

void RedisRouter::consider() {
  const bool is_whole = std::all_of(owner_.begin(), owner_.end(), [&](const std::string& name) {
    const auto found = places_.find(name);
    return found != places_.end() && found->second.is_settled && found->second.server->is_up();
  });
  if (is_whole && !pauses_ && !locator_.is_searching()) set_state(State::up);
}

void RedisRouter::set_state(State state) {
  if (state == state_) return;
  const State before = std::exchange(state_, state);
  if (state == State::up) up_since_ms_ = loop_.now_ms();
  if (before == State::up) {
    away_since_ms_ = loop_.now_ms();
    // What comes and goes at once is not asked as often as what was there for a while.
    constexpr std::uint64_t kSteadyMs = 5'000;
    if (loop_.now_ms() - up_since_ms_ > kSteadyMs) failures_ = 0;
    RedisCounts::add(counts_.interruptions);
  }
  events_.on_state(before, state);
  if (before == State::starting) send_held();
}

// --- requests ---

RedisServer* RedisRouter::server_of(unsigned partition) const {
  return server_at(owner_[partition]);
}

RedisServer* RedisRouter::server_at(const std::string& name) const {
  const auto found = places_.find(name);
  if (found == places_.end() || !found->second.server->is_up()) return nullptr;
  return found->second.server.get();
}

bool RedisRouter::may_wait() const {
  if (state_ != State::away || is_cluster()) return true;
  return away_since_ms_ != 0 && loop_.now_ms() - away_since_ms_ <= base::to_ms(kHoldMax);
}

void RedisRouter::send(Request request) {
  RedisServer* server =
      request->ask_at.empty() ? server_of(request->partition) : server_at(request->ask_at);
  if (server) return transmit(*server, request);
  const bool waits = request->manner == Manner::follow
                         ? may_wait()
                         : request->manner == Manner::drop && state_ == State::starting;
  if (waits) return hold(std::move(request));
  lose(request);
}

void RedisRouter::transmit(RedisServer& server, const Request& request) {
  if (!request->ask_at.empty()) server.send(redis_command({"ASKING"}), [](RedisReply&) {});
  server.send(request->command(),
              [this, alive = alive_, request, from = name_of(server.address())](RedisReply& reply) {
                if (!*alive) return request->answer(reply);
                answered(request, reply, from);
              });
}

void RedisRouter::answered(const Request& request, RedisReply& reply, const std::string& from) {
  if (reply.is_error()) {
    if (RedisServer* server = server_at(from)) note(reply.text, *server);
    if (request->manner != Manner::once && follow(request, reply, from)) return;
  }
  request->answer(reply);
}

// returns: whether the request goes on.
bool RedisRouter::follow(const Request& request, const RedisReply& reply, const std::string& from) {
  if (++request->hops > kHopsMax || loop_.now_ms() > request->deadline_ms) return false;
  request->ask_at.clear();
  if (reply.is_error("NOSCRIPT") && request->script) {
    request->whole = true;
    send(request);
    return true;
  }
  const bool is_ask = reply.is_error("ASK");
  if (!is_ask && !reply.is_error("MOVED") && !reply.is_error("TRYAGAIN")) return false;
  RedisServer* asked = server_at(from);
  const auto to = redirection_of(reply.text, asked ? asked->address() : net::Address{});
  if (to && is_ask) request->ask_at = name_of(to->to);
  // The one that is named may be new to us, and a slot on its way comes in a moment.
  if (to && server_at(name_of(to->to))) {
    send(request);
  } else {
    hold(request);
  }
  return true;
}

void RedisRouter::note(const std::string& error, RedisServer& from) {
  if (is_wrong_server(error)) {
    // Not from inside its own answer: others wait for theirs.
    loop_.post([this, alive = alive_, name = name_of(from.address()), error] {
      if (!*alive) return;
      if (RedisServer* server = server_at(name)) server->give_up(error);
    });
    return;
  }
  const auto to = redirection_of(error, from.address());
  if (!to) return;
  RedisCounts::add(counts_.redirections);
  connect(to->to);
  if (!error.starts_with("MOVED")) return;
  for (unsigned i = 0; i < RedisKeys::kPartitions; ++i) {
    if (RedisKeys::slot_of(i) == to->slot) owner_[i] = name_of(to->to);
  }
  locate();
}

void RedisRouter::hold(Request request) {
  held_.push_back(std::move(request));
  if (std::exchange(send_held_due_, true)) return;
  loop_.after(kLookAgain, [this, alive = alive_] {
    if (!*alive) return;
    send_held_due_ = false;
    send_held();
  });
}

void RedisRouter::send_held() {
  for (Request& request : std::exchange(held_, {})) {
    if (loop_.now_ms() > request->deadline_ms) {
      lose(request);
    } else {
      send(std::move(request));
    }
  }
}

void RedisRouter::lose(const Request& request) {
  RedisReply lost;
  request->answer(lost);
}

}  // namespace microframe::cluster
