#include "cluster/redis_settings.hpp"

#include "microframe/config_error.hpp"

namespace microframe::cluster {
namespace {

RedisAccess access_of(const RedisUrl& url, const RedisBroker& broker) {
  RedisAccess access;
  access.user = url.user;
  access.password = url.password;
  access.database = url.database;
  access.name = broker.client_name();
  if (access.name.find_first_of(" \n\r") != std::string::npos)
    throw ConfigError("the broker's client name holds a space: Redis takes none there");
  if (url.secure) {
    net::TlsTrust trust;
    trust.ca_file = broker.ca_file();
    trust.certificate_file = broker.certificate_file();
    trust.key_file = broker.key_file();
    access.tls = net::TlsContext::client(trust);
  } else if (!broker.ca_file().empty() || !broker.certificate_file().empty()) {
    throw ConfigError("the broker has certificates, but its URL asks for no TLS: write rediss://");
  }
  return access;
}

}  // namespace

RedisSettings::RedisSettings(const RedisBroker& broker)
    : url(parse_redis_url(broker.url())), access(access_of(url, broker)), prefix(broker.prefix()) {
  constexpr std::size_t kPrefixMax = 64;
  if (prefix.empty() || prefix.size() > kPrefixMax ||
      prefix.find_first_of("{} ") != std::string::npos)
    throw ConfigError(
        "the broker's prefix must be 1 to 64 characters, without braces and spaces, such as mf");
}

}  // namespace microframe::cluster
