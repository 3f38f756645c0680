#include "authx/authenticator.hpp"

#include <algorithm>

#include "authx/config_rules.hpp"
#include "authx/cookies.hpp"
#include "authx/query.hpp"
#include "base/ascii.hpp"

namespace microframe::authx {
namespace {

using Carrier = TokenSource::Carrier;

std::string_view name_of(Carrier carrier) {
  switch (carrier) {
    case Carrier::query:
      return "query";
    case Carrier::cookie:
      return "cookie";
    case Carrier::subprotocol:
      return "subprotocol";
    case Carrier::bearer:
      return "bearer";
  }
  return "unknown";
}

// RFC 6750 §2.1; the scheme's name has no case (RFC 9110 §11.1).
std::optional<std::string> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!base::equal_without_case(authorization.substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  return std::string(base::trim(authorization.substr(kScheme.size())));
}

// The prefix is taken off once: the rest is the token, whatever it holds (original.md, fault 14).
std::optional<std::string> prefixed_token(const std::vector<std::string_view>& names,
                                          std::string_view prefix) {
  for (const std::string_view name : names) {
    if (name.starts_with(prefix)) return std::string(name.substr(prefix.size()));
  }
  return std::nullopt;
}

Refused refusal_for(Refused::Kind kind, std::string detail, const std::string& note) {
  Refused refused;
  refused.kind = kind;
  refused.detail = std::move(detail);
  if (!note.empty()) refused.detail += "; " + note;
  return refused;
}

}  // namespace

Authenticator::Authenticator(const AuthConfig& config) : codec_(config) {
  check_carriers(config);
}

std::optional<std::string> Authenticator::find_token(const TokenSource& source,
                                                     const Presented& presented) const {
  std::optional<std::string> token;
  switch (source.carrier) {
    case Carrier::query:
      token = find_parameter(presented.query, source.name);
      break;
    case Carrier::cookie:
      token = find_cookie(presented.cookies, source.name);
      break;
    case Carrier::subprotocol:
      token = prefixed_token(presented.subprotocols, source.name);
      break;
    case Carrier::bearer:
      token = bearer_token(presented.authorization);
      break;
  }
  if (token && token->empty()) token.reset();
  return token;
}

base::Result<Identity, Refused> Authenticator::authenticate(const Presented& presented,
                                                            Time now) const {
  const auto candidate = choose(presented);
  if (!candidate) return base::fail(candidate.error());
  return judge(*candidate, now, KnownKeys(key_sources().size()));
}

base::Result<Candidate, Refused> Authenticator::choose(const Presented& presented) const {
  const TokenSource* decisive = nullptr;
  std::string token;
  std::string note;
  for (const TokenSource& source : codec_.config().sources) {
    const auto found = find_token(source, presented);
    if (!found) continue;
    if (!decisive) {
      decisive = &source;
      token = *found;
    } else if (*found != token) {
      note = "another token in " + std::string(name_of(source.carrier)) + ", decided by " +
             std::string(name_of(decisive->carrier));
    }
  }
  if (!decisive) return base::fail(refusal_for(Refused::Kind::unauthenticated, "no token", note));
  // Browsers name no origin where a page reads from its own.
  const bool may_be_silent =
      codec_.config().cookie_without_origin || presented.purpose == Purpose::reads;
  const bool is_silent = !presented.origin && may_be_silent;
  if (decisive->carrier == Carrier::cookie && !is_silent &&
      !origin_allowed(presented.origin, presented.host, codec_.config().allowed_origins,
                      presented.by)) {
    return base::fail(
        refusal_for(Refused::Kind::forbidden_origin, "cookie from a forbidden origin", note));
  }
  return Candidate{std::move(token), name_of(decisive->carrier), std::move(note)};
}

base::Result<Identity, Refused> Authenticator::judge(const Candidate& candidate, Time now,
                                                     const KnownKeys& keys) const {
  auto claims = verify(candidate.token, now, keys);
  if (claims) return Identity{std::move(*claims), candidate.note};
  const bool unknown = claims.error().error == TokenError::unknown_key;
  Refused refused = refusal_for(
      unknown ? Refused::Kind::unknown_key : Refused::Kind::unauthenticated,
      std::string(to_string(claims.error().error)) + " in " + std::string(candidate.carrier),
      candidate.note);
  refused.source = claims.error().source;
  return base::fail(std::move(refused));
}

base::Result<Claims, Unverified> Authenticator::verify(std::string_view token, Time now,
                                                       const KnownKeys& keys) const {
  auto claims = codec_.verify(token, TokenType::access, now, keys);
  if (claims && claims->issued_at > now + codec_.config().leeway)
    return base::fail(Unverified{TokenError::from_the_future});
  return claims;
}

base::Result<Claims, TokenError> Authenticator::verify(std::string_view token, Time now) const {
  auto claims = verify(token, now, KnownKeys(key_sources().size()));
  if (claims) return std::move(*claims);
  return base::fail(claims.error().error);
}

bool Authenticator::carries_token(std::string_view subprotocol) const {
  const auto& sources = codec_.config().sources;
  return std::any_of(sources.begin(), sources.end(), [&](const TokenSource& source) {
    return source.carrier == Carrier::subprotocol && subprotocol.starts_with(source.name);
  });
}

}  // namespace microframe::authx
