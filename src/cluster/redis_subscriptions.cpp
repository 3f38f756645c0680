#include "cluster/redis_subscriptions.hpp"

#include <utility>

#include "base/log.hpp"

namespace microframe::cluster {

using Failure = hub::Broker::Failure;
using Nothing = hub::Broker::Nothing;

void RedisSubscriptions::tell(Channel& channel, const base::Result<Nothing, Failure>& result) {
  for (const Done& done : std::exchange(channel.waiting, {})) done(result);
}

void RedisSubscriptions::subscribe(const std::string& name, Done done) {
  Channel& channel = channels_[name];
  if (channel.state == State::in_force) return done(Nothing{});
  channel.waiting.push_back(std::move(done));
  if (channel.state == State::asked) return;
  if (RedisServer* server = router_.server_of(RedisKeys::partition_of_key(name)))
    return ask(name, channel, *server);
  if (router_.state() != RedisRouter::State::starting)
    tell(channel, base::fail(Failure::unavailable));
}

void RedisSubscriptions::unsubscribe(const std::string& name) {
  const auto found = channels_.find(name);
  if (found == channels_.end()) return;
  Channel channel = std::move(found->second);
  channels_.erase(found);
  if (channel.server) {
    const char* command = router_.is_cluster() ? "SUNSUBSCRIBE" : "UNSUBSCRIBE";
    channel.server->unsubscribe(redis_command({command, name}), name);
  }
  tell(channel, base::fail(Failure::unavailable));
}

void RedisSubscriptions::ask(const std::string& name, Channel& channel, RedisServer& server) {
  channel.state = State::asked;
  channel.server = &server;
  const char* command = router_.is_cluster() ? "SSUBSCRIBE" : "SUBSCRIBE";
  channel.question = ++questions_;
  server.subscribe(
      redis_command({command, name}),
      [this, name, question = questions_](RedisReply& reply) { answered(name, question, reply); });
}

void RedisSubscriptions::answered(const std::string& name, std::uint64_t question,
                                  const RedisReply& reply) {
  const auto found = channels_.find(name);
  // Somebody has unsubscribed, and perhaps subscribed again, or the server was forgotten since.
  if (found == channels_.end() || found->second.question != question) return;
  Channel& channel = found->second;
  if (channel.state != State::asked) return;
  if (reply.kind == RedisReply::Kind::array) {
    channel.state = State::in_force;
    return tell(channel, Nothing{});
  }
  RedisServer* asked = std::exchange(channel.server, nullptr);
  channel.state = State::wanted;
  if (reply.is_error()) {
    base::log::limited(base::log::Level::warning, "broker refuses a subscription",
                       {{"why", reply.text}});
    router_.note(reply.text, *asked);
    if (reply.is_error("MOVED") || reply.is_error("CLUSTERDOWN")) router_.subscriptions_moved();
  }
  tell(channel, base::fail(failure_of(reply)));
}

void RedisSubscriptions::restore(RedisServer& server) {
  for (auto& [name, channel] : channels_) {
    if (channel.state == State::wanted &&
        router_.server_of(RedisKeys::partition_of_key(name)) == &server)
      ask(name, channel, server);
  }
  // Answers come in order: once this one has, all have.
  server.subscribe(redis_command({"PING"}), [this, asked = &server](RedisReply& reply) {
    if (reply.kind != RedisReply::Kind::lost) router_.settled(*asked);
  });
}

void RedisSubscriptions::forget(RedisServer& server) {
  for (auto& [name, channel] : channels_) {
    if (channel.server != &server) continue;
    channel.state = State::wanted;
    channel.server = nullptr;
    tell(channel, base::fail(Failure::unavailable));
  }
}

void RedisSubscriptions::give_up_waiting() {
  for (auto& [name, channel] : channels_) {
    if (channel.state == State::wanted) tell(channel, base::fail(Failure::unavailable));
  }
}

void RedisSubscriptions::ended(const std::string& name) {
  const auto found = channels_.find(name);
  if (found == channels_.end() || found->second.state == State::wanted) return;
  found->second.state = State::wanted;
  found->second.server = nullptr;
  tell(found->second, base::fail(Failure::unavailable));
  router_.subscriptions_moved();
}

}  // namespace microframe::cluster
