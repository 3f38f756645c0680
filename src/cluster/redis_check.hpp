// RedisCheck: whether a broker can be served on a Redis as that is set up, in plain words that say
// what to change. Pure: others send what it asks.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/redis_connection.hpp"
#include "cluster/redis_keys.hpp"

namespace microframe::cluster {

struct RedisFindings {
  std::vector<std::string> problems;  // an application should not start
  bool is_away = false;               // one of them is that a Redis was not reached: it may come
  std::vector<std::string> doubts;    // what could not be found out, or is unwise
};

class RedisCheck {
 public:
  // The least that a connection with subscriptions may have waiting.
  static constexpr long long kPubsubBytesMin = 8LL << 20;

  using Send = std::function<void(std::string_view, RedisConnection::Answer)>;
  using Done = std::function<void(RedisFindings)>;

  // Asks one Redis by way of `send`, which need not outlive the call.
  // partition: one that this Redis has.
  // durable: whether appends will wait for a replica.
  // done: called once, when all is answered, or lost.
  static void ask(const Send& send, const RedisKeys& keys, unsigned partition, bool durable,
                  Done done);

  // Of the answers to INFO server, CONFIG GET of each setting, and INFO replication.
  static void read_version(std::string_view info, RedisFindings& findings);
  static void read_memory(std::string_view maxmemory, std::string_view policy,
                          RedisFindings& findings);
  static void read_buffer_limit(std::string_view limits, RedisFindings& findings);
  static void read_replicas(std::string_view info, RedisFindings& findings);
};

}  // namespace microframe::cluster
