#include "authx/source_rules.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "authx/hmac.hpp"
#include "base/ip_address.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {
namespace {

// Whether `host` means this machine, by its name alone.
bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  const auto address = base::IpAddress::parse(host);
  const auto loopback = base::IpAddress::parse("127.0.0.0");
  return address && address->shares_prefix(*loopback, 8);
}

// The host of "scheme://host[:port]...": "" for a URL without a host, with characters that no
// URL holds, or with user information, which would reach the log.
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

}  // namespace

void check_key_sources(const std::vector<JwksSource>& sources) {
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

}  // namespace microframe::authx
