// RedisMap: which Redis has which partition, as Redis Cluster or a sentinel tells it. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cluster/redis_keys.hpp"
#include "cluster/redis_reply.hpp"
#include "net/address.hpp"

namespace microframe::cluster {

struct RedisMap {
  std::vector<net::Address> servers;
  // The number of its server among `servers`.
  std::array<std::size_t, RedisKeys::kPartitions> owner{};
};

// All partitions on one server.
RedisMap map_of_one(const net::Address& server);
// The answer to CLUSTER SLOTS.
// asked: whom; a server that does not know its own address means this one.
// errors: in words, such as that a slot has no master.
base::Result<RedisMap, std::string> map_of_slots(const RedisReply& reply,
                                                 const net::Address& asked);
// The answer to SENTINEL get-master-addr-by-name.
base::Result<RedisMap, std::string> map_of_master(const RedisReply& reply);

// What MOVED or ASK tells.
struct RedisRedirection {
  unsigned slot;
  net::Address to;
};
// error: "MOVED 3999 127.0.0.1:6381". nullopt: it is none.
std::optional<RedisRedirection> redirection_of(std::string_view error, const net::Address& asked);

}  // namespace microframe::cluster
