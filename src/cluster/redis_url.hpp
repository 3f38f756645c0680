// RedisUrl: where a Redis is, and as whom to speak to it. Pure. The password is never shown: no
// error of this unit holds it, nor the text it was read from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.hpp"

namespace microframe::cluster {

struct RedisUrl {
  enum class Kind : std::uint8_t {
    standalone,  // one Redis
    sentinel,    // whichever Redis the sentinels name
    cluster,     // Redis Cluster: each partition has its own
  };
  static constexpr std::uint16_t kPort = 6379;
  static constexpr std::uint16_t kSentinelPort = 26379;

  Kind kind = Kind::standalone;
  bool secure = false;  // TLS
  std::string user;     // "": Redis's default user
  std::string password;
  std::vector<net::Address> hosts;  // one at least
  std::string master;               // with Sentinel: the master's name
  unsigned database = 0;
};

// Reads
//   redis://[user[:password]@]host[:port][/database]
//   redis+sentinel://[user[:password]@]host[:port][,host[:port]..]/master[/database]
//   redis+cluster://[user[:password]@]host[:port][,host[:port]..]
// and the same with rediss, for TLS. User and password are percent-encoded (RFC 3986 §2.1); a
// password alone is ":password@".
// errors: ConfigError that says what is wrong with which part.
RedisUrl parse_redis_url(std::string_view text);

}  // namespace microframe::cluster
