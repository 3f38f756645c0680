// RedisSettings: an application's RedisBroker, read and checked. Immutable.
#pragma once

#include <string>

#include "cluster/redis_connection.hpp"
#include "cluster/redis_url.hpp"
#include "microframe/redis_broker.hpp"

namespace microframe::cluster {

struct RedisSettings {
  // errors: ConfigError that says what to write instead.
  explicit RedisSettings(const RedisBroker& broker);

  RedisUrl url;
  RedisAccess access;
  std::string prefix;
};

}  // namespace microframe::cluster
