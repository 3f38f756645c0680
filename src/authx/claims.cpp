#include "authx/claims.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace microframe::authx {
namespace {

constexpr std::size_t kSubBytesMax = 255;
constexpr std::array<std::string_view, 8> kOwn = {"iss", "sub", "aud", "exp",
                                                  "nbf", "iat", "jti", "type"};
// The year 2255: system_clock counts nanoseconds in 64 bits and ends in 2262.
constexpr std::int64_t kSecondsMax = 9'000'000'000;

bool is_own(std::string_view name) {
  return std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end();
}

bool is_sub(std::string_view sub) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return !sub.empty() && sub.size() <= kSubBytesMax &&
         std::none_of(sub.begin(), sub.end(), is_control);
}

std::int64_t seconds_of(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// errors: std::invalid_argument for an expiry that read_time would not take.
std::int64_t expiry(std::int64_t now, std::chrono::seconds lifetime) {
  if (lifetime.count() < -now || lifetime.count() > kSecondsMax - now) {
    throw std::invalid_argument("a token expires between the years 1970 and 2255");
  }
  return now + lifetime.count();
}

// RFC 7519 §2: a number of seconds, possibly with a fraction. No string is one.
std::optional<Time> read_time(const Json& value) {
  if (const std::int64_t* seconds = value.if_int64()) {
    if (*seconds < 0 || *seconds > kSecondsMax) return std::nullopt;
    return Time(std::chrono::seconds(*seconds));
  }
  const double* seconds = value.if_double();
  if (!seconds || !(*seconds >= 0 && *seconds <= static_cast<double>(kSecondsMax)))
    return std::nullopt;
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(*seconds)));
}

const boost::json::string* if_string(const boost::json::object& object, std::string_view name) {
  const Json* value = object.if_contains(name);
  return value ? value->if_string() : nullptr;
}

// RFC 7519 §4.1.3: `aud` is one name or a list. A recipient that is not named must refuse the
// token, and so must one that expects no `aud`.
bool audience_fits(const boost::json::object& claims, const std::optional<std::string>& expected) {
  const Json* aud = claims.if_contains("aud");
  if (!aud) return !expected;
  if (!expected) return false;
  if (const auto* one = aud->if_string()) return std::string_view(*one) == *expected;
  const auto* list = aud->if_array();
  if (!list) return false;
  return std::any_of(list->begin(), list->end(), [&](const Json& name) {
    return name.is_string() && std::string_view(name.get_string()) == *expected;
  });
}

}  // namespace

std::string_view to_string(TokenType type) {
  return type == TokenType::access ? "access" : "refresh";
}

Json Claims::extra() const {
  boost::json::object result;
  for (const auto& [name, value] : all.get_object()) {
    if (!is_own(std::string_view(name))) result.emplace(name, value);
  }
  return result;
}

Json make_claims(const AuthConfig& config, TokenType type, std::string_view sub,
                 const TokenOptions& options, Time now) {
  if (!is_sub(sub)) {
    throw std::invalid_argument("a token's sub is 1 to 255 bytes without control characters");
  }
  boost::json::object claims;
  if (!options.claims().is_null()) {
    const auto* extra = options.claims().if_object();
    if (!extra) throw std::invalid_argument("further claims are an object");
    for (const auto& [name, value] : *extra) {
      if (is_own(name)) {
        throw std::invalid_argument("the claim \"" + std::string(name) + "\" is the library's own");
      }
    }
    claims = *extra;
  }
  const std::chrono::seconds standard =
      type == TokenType::access
          ? std::chrono::seconds(std::chrono::minutes(config.access_token_expire_minutes))
          : std::chrono::seconds(std::chrono::days(config.refresh_token_expire_days));
  claims["sub"] = sub;
  claims["type"] = to_string(type);
  claims["iat"] = seconds_of(now);
  claims["exp"] = expiry(seconds_of(now), options.ttl().value_or(standard));
  if (config.issuer) claims["iss"] = *config.issuer;
  if (config.audience) claims["aud"] = *config.audience;
  return claims;
}

base::Result<Claims, TokenError> read_claims(const AuthConfig& config, Json all, TokenType expected,
                                             Time now, TypeClaim type_claim) {
  const auto& object = all.get_object();
  Claims claims;
  const Json* exp = object.if_contains("exp");
  const auto expires = exp ? read_time(*exp) : std::nullopt;
  const auto* sub = if_string(object, "sub");
  if (!expires) return base::fail(TokenError::bad_exp);
  if (!sub || !is_sub(*sub)) return base::fail(TokenError::bad_sub);
  claims.sub = std::string_view(*sub);
  claims.expires = *expires;
  if (const Json* iat = object.if_contains("iat")) {
    const auto issued_at = read_time(*iat);
    if (!issued_at) return base::fail(TokenError::bad_iat);
    claims.issued_at = *issued_at;
  }
  if (type_claim == TypeClaim::required || object.contains("type")) {
    const auto* type = if_string(object, "type");
    if (!type || std::string_view(*type) != to_string(expected))
      return base::fail(TokenError::wrong_type);
  }
  claims.type = expected;
  if (config.issuer) {
    const auto* iss = if_string(object, "iss");
    if (!iss || std::string_view(*iss) != *config.issuer)
      return base::fail(TokenError::wrong_issuer);
  }
  if (!audience_fits(object, config.audience)) return base::fail(TokenError::wrong_audience);
  if (const Json* nbf = object.if_contains("nbf")) {
    const auto not_before = read_time(*nbf);
    if (!not_before) return base::fail(TokenError::bad_nbf);
    if (now + config.leeway < *not_before) return base::fail(TokenError::not_yet_valid);
  }
  // RFC 7519 §4.1.4: the time "on or after which the JWT MUST NOT be accepted".
  if (now >= claims.expires + config.leeway) return base::fail(TokenError::expired);
  claims.all = std::move(all);
  return claims;
}

}  // namespace microframe::authx
