#include "cluster/redis_server.hpp"

#include <utility>

#include "base/to_ms.hpp"
#include "cluster/redis_command.hpp"

namespace microframe::cluster {
namespace {

// Leaves room for others that wait behind: all are answered within Broker::kPatience.
constexpr std::string_view kWaitMs = "800";

}  // namespace

RedisServer::RedisServer(net::Loop& loop, net::Address address, const RedisAccess& access,
                         RedisCounts& counts, Events& events)
    : loop_(loop),
      address_(std::move(address)),
      access_(access),
      counts_(counts),
      events_(events),
      commands_(loop, address_, access, counts, line_),
      subscriptions_(loop, address_, access, counts, line_) {}

RedisServer::~RedisServer() = default;

void RedisServer::connection_ready() {
  if (state_ != State::connecting || !commands_.is_ready() || !subscriptions_.is_ready()) return;
  commands_.send(redis_command({"ROLE"}), [this](RedisReply& role) {
    if (state_ != State::connecting || role.kind == RedisReply::Kind::lost) return;
    // Without the right to ask: what we write will tell.
    if (!role.is_error() && (role.items.empty() || role.items.front().text != "master"))
      return lose("this Redis is a replica, and takes no writes");
    become_up();
  });
}

void RedisServer::become_up() {
  state_ = State::up;
  loop_.wheel().arm(*this, loop_.now_ms() + base::to_ms(kPingEvery));
  events_.on_server_up(*this);
}

void RedisServer::send(std::string_view command, Answer answer) {
  commands_.send(command, std::move(answer));
}

void RedisServer::subscribe(std::string_view command, Answer answer) {
  subscriptions_.send(command, std::move(answer));
}

void RedisServer::unsubscribe(std::string_view command, std::string channel) {
  subscriptions_.send_unsubscribe(command, [this, name = std::move(channel)](RedisReply& reply) {
    // Redis has ended another subscription just now; the answer to ours follows, and ends none.
    if (reply.items.size() > 1 && reply.items[1].text != name) events_.on_push(*this, reply);
  });
}

void RedisServer::on_deadline(std::uint64_t now_ms) {
  if (state_ != State::up) return;
  loop_.wheel().arm(*this, now_ms + base::to_ms(kPingEvery));
  const std::string ping = redis_command({"PING"});
  for (RedisConnection* each : {&commands_, &subscriptions_}) {
    if (each->waiting() == 0) each->send(ping, [](RedisReply&) {});
  }
}

// What comes while WAIT holds up the connection goes together, with one WAIT for all.
void RedisServer::send_durable(std::string command, ReplicatedAnswer answer) {
  durable_.push_back({std::move(command), std::move(answer), {}});
  if (!waits_) send_next_durable();
}

void RedisServer::send_next_durable() {
  if (durable_.empty()) return;
  if (!replicated_)
    replicated_ = std::make_unique<RedisConnection>(loop_, address_, access_, counts_, line_);
  waits_ = true;
  const auto group = std::make_shared<std::vector<Durable>>(std::exchange(durable_, {}));
  for (Durable& each : *group) {
    replicated_->send(each.command,
                      [group, &each](RedisReply& reply) { each.reply = std::move(reply); });
  }
  replicated_->send(redis_command({"WAIT", "1", kWaitMs}), [this, group](RedisReply& reply) {
    waits_ = false;
    const bool counted = reply.kind == RedisReply::Kind::integer;
    for (Durable& each : *group) each.answer(each.reply, counted ? reply.integer : 0);
    if (state_ != State::closed) send_next_durable();
  });
}

void RedisServer::lose(const std::string& why) {
  if (state_ == State::closed) return;
  close();
  events_.on_server_down(*this, why);
}

void RedisServer::close() {
  if (std::exchange(state_, State::closed) == State::closed) return;
  loop_.wheel().cancel(*this);
  commands_.close();
  subscriptions_.close();
  if (replicated_) replicated_->close();
  for (Durable& each : std::exchange(durable_, {})) {
    RedisReply lost;
    each.answer(lost, 0);
  }
}

}  // namespace microframe::cluster
