// check_redis: looks at a broker's Redis before an application starts. Threading: any; the caller
// waits, for some seconds at most where Redis does not answer.
#pragma once

#include "cluster/redis_check.hpp"
#include "microframe/redis_broker.hpp"

namespace microframe::cluster {

// Connects to every Redis that the broker would use, and asks it.
// durable: whether appends will wait for a replica.
// errors: ConfigError, as RedisClient. A Redis that is not reached is a problem among the findings.
RedisFindings check_redis(const RedisBroker& broker, bool durable);

}  // namespace microframe::cluster
