// RedisLocator: finds out which Redis has which partition: the one of the URL, the master that the
// sentinels name, or what a server of the Redis Cluster tells. Sentinels and servers are asked in
// turn, until one knows. Threading: its loop's.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cluster/redis_connection.hpp"
#include "cluster/redis_map.hpp"
#include "cluster/redis_url.hpp"

namespace microframe::cluster {

class RedisLocator final : private RedisConnection::Events {
 public:
  using Done = std::function<void(base::Result<RedisMap, std::string>)>;

  // access: of the servers of a Redis Cluster; sentinels are asked without a user. All outlive the
  // locator.
  RedisLocator(net::Loop& loop, const RedisUrl& url, const RedisAccess& access,
               RedisCounts& counts);

  // Calls done once, later. One search at a time.
  void locate(Done done);
  bool is_searching() const { return static_cast<bool>(done_); }
  // Ends a search without a word.
  void close();

 private:
  void ask_next();
  void answered(const RedisReply& reply);
  void failed(const std::string& why);
  void finish(base::Result<RedisMap, std::string> found);
  void on_ready() override {}
  void on_push(RedisReply&) override {}
  void on_lost(const std::string& why) override { failed(why); }

  net::Loop& loop_;
  const RedisUrl& url_;
  RedisAccess access_;
  RedisCounts& counts_;
  std::vector<net::Address> known_;  // who may be asked, the best first
  std::size_t asked_ = 0;            // of known_, in this search
  std::string why_;                  // the last failure of this search
  Done done_;
  std::shared_ptr<RedisConnection> connection_;
};

}  // namespace microframe::cluster
