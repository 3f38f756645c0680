#include "cluster/redis_locator.hpp"

#include <algorithm>
#include <utility>

#include "cluster/redis_command.hpp"

namespace microframe::cluster {
namespace {

using UrlKind = RedisUrl::Kind;

// What has moved away is forgotten at last.
constexpr std::size_t kKnownMax = 64;

}  // namespace

RedisLocator::RedisLocator(net::Loop& loop, const RedisUrl& url, const RedisAccess& access,
                           RedisCounts& counts)
    : loop_(loop), url_(url), access_(access), counts_(counts), known_(url.hosts) {
  access_.database = 0;
  if (url.kind != UrlKind::sentinel) return;
  access_.user.clear();
  access_.password.clear();
}

void RedisLocator::locate(Done done) {
  done_ = std::move(done);
  asked_ = 0;
  why_.clear();
  if (url_.kind != UrlKind::standalone) return ask_next();
  loop_.post([this] {
    if (done_) finish(map_of_one(url_.hosts.front()));
  });
}

void RedisLocator::close() {
  done_ = {};
  if (connection_) connection_->close();
}

void RedisLocator::ask_next() {
  if (asked_ == known_.size()) return finish(base::fail(why_));
  connection_.reset(new RedisConnection(loop_, known_[asked_++], access_, counts_, *this));
  const std::string question =
      url_.kind == UrlKind::sentinel
          ? redis_command({"SENTINEL", "get-master-addr-by-name", url_.master})
          : redis_command({"CLUSTER", "SLOTS"});
  connection_->send(question, [this](RedisReply& reply) {
    if (reply.kind != RedisReply::Kind::lost) answered(reply);
  });
}

void RedisLocator::answered(const RedisReply& reply) {
  if (!done_) return;
  const std::size_t which = asked_ - 1;
  auto found =
      url_.kind == UrlKind::sentinel ? map_of_master(reply) : map_of_slots(reply, known_[which]);
  if (!found) return failed(found.error());
  // Who knows is asked first the next time; the servers of a cluster know as well as the seeds.
  std::rotate(known_.begin(), known_.begin() + static_cast<std::ptrdiff_t>(which),
              known_.begin() + static_cast<std::ptrdiff_t>(which) + 1);
  if (url_.kind == UrlKind::cluster) {
    for (const net::Address& server : found->servers) {
      const bool is_known = std::any_of(known_.begin(), known_.end(), [&](const auto& each) {
        return each.host == server.host && each.port == server.port;
      });
      if (!is_known && known_.size() < kKnownMax) known_.push_back(server);
    }
  }
  finish(std::move(found));
}

void RedisLocator::failed(const std::string& why) {
  if (!done_) return;
  why_ = net::to_string(known_[asked_ - 1], known_[asked_ - 1].port) + ": " + why;
  const auto old = std::exchange(connection_, nullptr);
  old->close();
  loop_.post([this, old] {  // which may be calling us just now
    if (done_) ask_next();
  });
}

void RedisLocator::finish(base::Result<RedisMap, std::string> found) {
  if (const auto old = std::exchange(connection_, nullptr)) {
    old->close();
    loop_.post([old] {});
  }
  const Done done = std::exchange(done_, {});
  if (done) done(std::move(found));
}

}  // namespace microframe::cluster
