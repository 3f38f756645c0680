#include "authx/config_rules.hpp"

#include <algorithm>

#include "authx/origin.hpp"
#include "authx/signer.hpp"
#include "base/ip_address.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {
namespace {

// Whether `host` is this machine's own, by its name alone.
bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  const auto address = base::IpAddress::parse(host);
  const auto loopback = base::IpAddress::parse("127.0.0.0");
  return address && address->shares_prefix(*loopback, 8);
}

// The host of "scheme://host[:port]..."; "" for a URL with user information, which would reach the
// log, with what no URL holds, or without a host.
std::string_view host_of(std::string_view url) {
  const auto is_bad = [](char c) {
    return c <= ' ' || c == '\\' || static_cast<unsigned char>(c) > 0x7E;
  };
  const std::size_t begin = url.find("://");
  if (begin == std::string_view::npos || std::any_of(url.begin(), url.end(), is_bad)) return {};
  std::string_view authority = url.substr(begin + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) return {};
  const std::size_t bracket = authority.find(']');
  return bracket != std::string_view::npos ? authority.substr(0, bracket + 1)
                                           : authority.substr(0, authority.find(':'));
}

void check_url(const JwksSource& source) {
  const std::string& url = source.url();
  const std::string_view host = host_of(url);
  if (host.empty() || !(url.starts_with("https://") || url.starts_with("http://"))) {
    throw ConfigError("the URL of keys is \"" + url +
                      "\": write scheme, host and path, such as https://id.example/jwks.json");
  }
  if (url.starts_with("http://") && !is_loopback(host) && !source.allows_http()) {
    throw ConfigError(
        "the URL of keys is " + url +
        ": over plain http whoever sits on the way chooses the keys. Write https://, or say "
        "allow_http()");
  }
}

void check_times(const JwksSource& source) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365);
  const bool good =
      source.cool_down().count() > 0 && source.cool_down() <= source.refresh_interval() &&
      source.refresh_interval() <= source.age_max() && source.age_max() <= kLongest &&
      source.fetch_time().count() > 0 && source.fetch_time() <= std::chrono::minutes(1);
  if (good) return;
  throw ConfigError(
      "the times of the keys of " + source.issuer() +
      " cannot be: cool_down is over 0 and not over refresh_interval, that is not over age_max, "
      "that is a year at most; fetch_time is over 0, a minute at most");
}

void check_algorithms(const JwksSource& source) {
  const auto& algorithms = source.algorithms();
  if (algorithms.empty() || std::any_of(algorithms.begin(), algorithms.end(), is_hmac)) {
    throw ConfigError(
        "the keys of " + source.issuer() +
        " are public: name algorithms that have public keys, such as Algorithm::RS256");
  }
}

// RFC 7519 §4.1.4 has a few minutes in mind. Clocks that differ by more want setting, not leeway.
constexpr std::chrono::seconds kLeewayMax = std::chrono::hours(1);

}  // namespace

void check_token_rules(const AuthConfig& config) {
  if (config.access_token_expire_minutes < 1) {
    throw ConfigError("access_token_expire_minutes is " +
                      std::to_string(config.access_token_expire_minutes) +
                      ": write 1 or more, such as 15");
  }
  if (config.refresh_token_expire_days < 1) {
    throw ConfigError("refresh_token_expire_days is " +
                      std::to_string(config.refresh_token_expire_days) +
                      ": write 1 or more, such as 7");
  }
  if (config.leeway < std::chrono::seconds(0) || config.leeway > kLeewayMax) {
    throw ConfigError("leeway is " + std::to_string(config.leeway.count()) +
                      " s: write 0 to 3600, and set the clocks (NTP) if they differ by more");
  }
  if (config.issuer && config.issuer->empty()) {
    throw ConfigError("issuer is empty: name it, or leave it unset to take any");
  }
  if (config.audience && config.audience->empty()) {
    throw ConfigError("audience is empty: name it, or leave it unset to take tokens without one");
  }
  if (!config.key_sources.empty()) check_key_sources(config);
  for (const JwksSource& source : config.key_sources) {
    if (config.issuer) {
      throw ConfigError("issuer is set beside key_sources: each source names its own, " +
                        source.issuer());
    }
    if (source.is_type_optional() && !config.audience) {
      throw ConfigError(
          "the tokens of " + source.issuer() +
          " need no type, so only an audience tells access tokens from others: set audience");
    }
  }
}

void check_key_sources(const AuthConfig& config) {
  const auto& sources = config.key_sources;
  for (auto source = sources.begin(); source != sources.end(); ++source) {
    check_url(*source);
    if (source->issuer().empty()) {
      throw ConfigError(
          "the keys at " + source->url() +
          " have no issuer: say whose tokens they verify, JwksSource(url).issuer(iss)");
    }
    check_algorithms(*source);
    check_times(*source);
    const auto same = [&](const JwksSource& other) { return other.issuer() == source->issuer(); };
    if (std::any_of(source + 1, sources.end(), same)) {
      throw ConfigError("the issuer " + source->issuer() +
                        " has two sources of keys: name one URL for it");
    }
  }
}

void check_carriers(const AuthConfig& config) {
  if (config.sources.empty()) {
    throw ConfigError(
        "sources is empty, so nobody could connect: name one, such as {{Carrier::query, "
        "\"token\"}}");
  }
  for (const TokenSource& source : config.sources) {
    // An empty prefix would make a token of every subprotocol.
    if (source.carrier != TokenSource::Carrier::bearer && source.name.empty()) {
      throw ConfigError(
          "a source has no name: write the parameter, the cookie or the prefix, such as "
          "\"token.\"");
    }
  }
  for (const std::string& origin : config.allowed_origins) {
    if (!is_origin(origin)) {
      throw ConfigError(
          "allowed_origins has \"" + origin +
          "\", which no browser sends: write scheme and host, without a path and without *, "
          "such as https://app.example or http://localhost:3000");
    }
  }
}

}  // namespace microframe::authx
