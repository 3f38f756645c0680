#include "cluster/redis_url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/ascii.hpp"
#include "microframe/config_error.hpp"

namespace microframe::cluster {
namespace {

using UrlKind = RedisUrl::Kind;

struct Scheme {
  std::string_view name;
  UrlKind kind;
  bool secure;
};
constexpr std::array kSchemes = {
    Scheme{"redis", UrlKind::standalone, false},
    Scheme{"rediss", UrlKind::standalone, true},
    Scheme{"redis+sentinel", UrlKind::sentinel, false},
    Scheme{"rediss+sentinel", UrlKind::sentinel, true},
    Scheme{"redis+cluster", UrlKind::cluster, false},
    Scheme{"rediss+cluster", UrlKind::cluster, true},
};

// What stands before an @, and where there is none all that might have stood before one, is never
// quoted: it may be a password.
ConfigError bad(const std::string& why) {
  return ConfigError("the broker's URL is not good: " + why +
                     ". Write redis://host:6379, rediss://user:password@host:6379/0 for TLS, "
                     "redis+sentinel://a:26379,b,c/mymaster or redis+cluster://a:6379,b,c");
}

const Scheme& scheme_of(std::string_view text) {
  const std::string_view name = text.substr(0, text.find("://"));
  for (const Scheme& scheme : kSchemes) {
    if (name.size() < text.size() && base::equal_without_case(name, scheme.name)) return scheme;
  }
  throw bad("its scheme is none of redis, rediss, redis+sentinel and redis+cluster");
}

std::string decoded(std::string_view text, const char* part) {
  std::string result;
  while (!text.empty()) {
    if (text.front() != '%') {
      result += text.front();
      text.remove_prefix(1);
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2)
      throw bad(std::string("in the ") + part +
                " a % is not followed by two hexadecimal digits (a % itself is %25)");
    result += static_cast<char>(byte);
    text.remove_prefix(3);
  }
  return result;
}

enum class Quote : bool { never, may };

net::Address host_of(std::string_view text, std::uint16_t own_port, Quote quote) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  net::Address address;
  try {
    address = net::parse_address(has_port ? std::string(text)
                                          : std::string(text) + ":" + std::to_string(own_port));
  } catch (const ConfigError&) {
    throw bad((quote == Quote::may ? "\"" + std::string(text) + "\"" : std::string("its text")) +
              " is no host with a port");
  }
  if (address.host.empty() || address.port == 0) throw bad("a host or its port is missing");
  return address;
}

unsigned database_of(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    throw bad("what follows the last slash is no number of a database");
  return number;
}

void read_credentials(std::string_view text, RedisUrl& url) {
  const std::size_t colon = text.find(':');
  url.user = decoded(text.substr(0, colon), "user");
  if (colon != std::string_view::npos) url.password = decoded(text.substr(colon + 1), "password");
  if (!url.user.empty() && url.password.empty()) throw bad("a user has no password");
}

void read_hosts(std::string_view text, Quote quote, RedisUrl& url) {
  const std::uint16_t port =
      url.kind == UrlKind::sentinel ? RedisUrl::kSentinelPort : RedisUrl::kPort;
  while (true) {
    const std::size_t comma = text.find(',');
    url.hosts.push_back(host_of(text.substr(0, comma), port, quote));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (url.kind == UrlKind::standalone && url.hosts.size() > 1)
    throw bad("several hosts need redis+sentinel:// or redis+cluster://");
}

// What follows the hosts, without the slash before it.
void read_path(std::string_view path, RedisUrl& url) {
  if (url.kind == UrlKind::sentinel) {
    const std::size_t slash = path.find('/');
    url.master = path.substr(0, slash);
    if (url.master.empty()) throw bad("the name of the master is missing behind the sentinels");
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  if (path.empty()) return;
  url.database = database_of(path);
  if (url.kind == UrlKind::cluster && url.database != 0)
    throw bad("Redis Cluster has one database, 0");
}

}  // namespace

RedisUrl parse_redis_url(std::string_view text) {
  const Scheme& scheme = scheme_of(text);
  RedisUrl url;
  url.kind = scheme.kind;
  url.secure = scheme.secure;
  std::string_view rest = text.substr(scheme.name.size() + 3);
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  if (std::any_of(rest.begin(), rest.end(), is_bad)) throw bad("it holds a space");
  // A slash or an @ in a password is written as %2F or %40.
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (rest.find_first_of("?#") != std::string_view::npos)
    throw bad("it holds a ? or a # (in a password these are %3F and %23)");
  if (slash != std::string_view::npos && rest.find('@', slash) != std::string_view::npos)
    throw bad("a / stands before the @ (in a password it is %2F)");
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    read_credentials(authority.substr(0, at), url);
    authority.remove_prefix(at + 1);
  }
  read_hosts(authority, at == std::string_view::npos ? Quote::never : Quote::may, url);
  read_path(slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1), url);
  return url;
}

}  // namespace microframe::cluster
