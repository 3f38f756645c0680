#include "cluster/redis_connection.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/to_ms.hpp"
#include "cluster/redis_command.hpp"
#include "net/descriptor.hpp"
#include "net/tls_session.hpp"

namespace microframe::cluster {

using Kind = RedisReply::Kind;

RedisConnection::RedisConnection(net::Loop& loop, const net::Address& address,
                                 const RedisAccess& access, RedisCounts& counts, Events& events)
    : loop_(loop), address_(address), access_(access), counts_(counts), events_(events) {
  greet();
  connector_ = std::make_unique<net::Connector>(
      loop_, address_, [this](int fd, const std::string& error) { connected(fd, error); });
  loop_.wheel().arm(*this, loop_.now_ms() + base::to_ms(kAnswerMax));
}

RedisConnection::~RedisConnection() {
  *alive_ = false;
}

// Wraps every way from the loop into this object: where memory runs out, the connection ends.
template <class Action>
void RedisConnection::guarded(Action&& action) {
  try {
    action();
  } catch (const std::bad_alloc&) {
    lose("out of memory");
  }
}

void RedisConnection::connected(int fd, const std::string& error) {
  net::Descriptor owned(fd);
  guarded([&] {
    if (fd < 0) return lose(error);
    socket_.reset(new net::Socket(loop_, std::move(owned), *this));
    phase_ = Phase::greeting;
    if (access_.tls) socket_->secure(access_.tls->connect(address_.host));
    RedisCounts::add(counts_.connections);
    const auto now = Clock::now();
    for (Waiting& each : waiting_) each.since = now;
    flush();
  });
}

// Queued before anybody else can send: the first commands of the connection.
void RedisConnection::greet() {
  const auto must = [this](const char* what) {
    return [this, what](RedisReply& reply) {
      if (reply.is_error()) lose(std::string(what) + ": " + reply.text);
    };
  };
  if (!access_.password.empty()) {
    RedisArguments auth{"AUTH"};
    if (!access_.user.empty()) auth.add(access_.user);
    auth.add(access_.password);
    send(redis_command(auth), must("Redis does not accept the user or the password"));
  }
  if (access_.database != 0) {
    send(redis_command({"SELECT", std::to_string(access_.database)}),
         must("Redis has no such database"));
  }
  // A name is a courtesy: an ACL may forbid it.
  if (!access_.name.empty())
    send(redis_command({"CLIENT", "SETNAME", access_.name}), [](RedisReply&) {});
  send(redis_command({"PING"}), [this](RedisReply& reply) {
    if (phase_ == Phase::closed || reply.kind == Kind::lost) return;
    // Without the right to PING there is an answer all the same.
    if (reply.is_error() && !reply.is_error("NOPERM")) return lose(reply.text);
    phase_ = Phase::ready;
    events_.on_ready();
  });
}

void RedisConnection::send(std::string_view command, Answer answer) {
  queue(command, std::move(answer), false);
}

void RedisConnection::send_unsubscribe(std::string_view command, Answer answer) {
  queue(command, std::move(answer), true);
}

void RedisConnection::queue(std::string_view command, Answer answer, bool unsubscribes) {
  if (phase_ == Phase::closed) {
    loop_.post([told = std::move(answer)] {
      RedisReply lost;
      told(lost);
    });
    return;
  }
  waiting_.push_back({std::move(answer), Clock::now(), unsubscribes});
  unsent_ += command;
  RedisCounts::add(counts_.commands);
  if (!socket_) return;
  if (waiting_.size() == 1) arm();
  if (std::exchange(flushes_, true)) return;
  loop_.post([this, alive = alive_] {
    if (*alive) guarded([&] { flush(); });
  });
}

// All that was sent in this iteration is one buffer.
void RedisConnection::flush() {
  flushes_ = false;
  if (!socket_ || unsent_.empty()) return;
  constexpr std::size_t kSpareMax = std::size_t{1} << 20;
  RedisCounts::add(counts_.bytes_sent, unsent_.size());
  socket_->send(base::SharedBuffer::copy(base::as_bytes(unsent_)));
  unsent_.clear();
  if (unsent_.capacity() > kSpareMax) unsent_.shrink_to_fit();
}

void RedisConnection::on_receive(base::MutableBytes bytes) {
  guarded([&] {
    RedisCounts::add(counts_.bytes_received, bytes.size());
    now_ = Clock::now();
    reader_.feed(bytes);
    while (phase_ != Phase::closed) {
      auto next = reader_.next();
      if (!next) return lose("Redis does not speak its protocol: " + next.error());
      if (!*next) break;
      take(**next);
    }
    arm();
  });
}

// In RESP2 a push looks like an answer.
bool RedisConnection::is_push(const RedisReply& reply) const {
  if (reply.kind != Kind::array || reply.items.size() < 3) return false;
  const std::string& word = reply.items.front().text;
  if (word == "message" || word == "smessage") return true;
  if (word != "sunsubscribe" && word != "unsubscribe") return false;
  return waiting_.empty() || !waiting_.front().unsubscribes;
}

void RedisConnection::take(RedisReply& reply) {
  if (is_push(reply)) return events_.on_push(reply);
  if (waiting_.empty()) return lose("Redis has sent what nobody had asked for: " + reply.text);
  const Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  counts_.latency.observe(
      std::chrono::duration_cast<std::chrono::microseconds>(now_ - first.since));
  first.answer(reply);
}

// For the oldest command that waits.
void RedisConnection::arm() {
  if (phase_ == Phase::closed) return;
  if (waiting_.empty()) return loop_.wheel().cancel(*this);
  const auto waited =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - waiting_.front().since);
  const auto left = std::max(kAnswerMax - waited, std::chrono::milliseconds{0});
  loop_.wheel().arm(*this, loop_.now_ms() + base::to_ms(left));
}

void RedisConnection::on_deadline(std::uint64_t) {
  guarded([&] { lose(socket_ ? "no answer in time" : "no connection in time"); });
}

void RedisConnection::on_end(net::EndReason reason) {
  guarded([&] {
    if (reason == net::EndReason::tls_failed) return lose("TLS: " + socket_->tls_failure());
    lose(phase_ == Phase::ready ? "Redis has ended the connection"
                                : "Redis has ended the connection at once (is TLS asked of who "
                                  "speaks none, or the other way round?)");
  });
}

void RedisConnection::lose(const std::string& why) {
  if (phase_ == Phase::closed) return;
  close();
  events_.on_lost(why);
}

void RedisConnection::close() {
  if (std::exchange(phase_, Phase::closed) == Phase::closed) return;
  loop_.wheel().cancel(*this);
  socket_.reset();
  connector_.reset();
  unsent_ = {};
  tell_lost();
}

void RedisConnection::tell_lost() {
  for (Waiting& each : std::exchange(waiting_, {})) {
    RedisReply lost;
    each.answer(lost);
  }
}

}  // namespace microframe::cluster
