#include "authx/config_rules.hpp"

#include <string>

#include "authx/origin.hpp"
#include "authx/source_rules.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {
namespace {

// RFC 7519 §4.1.4 has a few minutes in mind. Clocks that differ by more must be set right.
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
  if (!config.key_sources.empty()) check_key_sources(config.key_sources);
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

void check_carriers(const AuthConfig& config) {
  if (config.sources.empty()) {
    throw ConfigError(
        "sources is empty, so nobody could connect: name one, such as {{Carrier::query, "
        "\"token\"}}");
  }
  for (const TokenSource& source : config.sources) {
    // With an empty prefix every subprotocol would be taken for a token.
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
