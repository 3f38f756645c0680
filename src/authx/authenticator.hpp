// Authenticator: who a handshake comes from: where it carries its token, and whether the token is
// good. Threading: const, used from many loops at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authx/origin.hpp"
#include "authx/token_codec.hpp"
#include "base/result.hpp"
#include "microframe/authx/auth_config.hpp"
#include "microframe/authx/tokens.hpp"

namespace microframe::authx {

// What a request is for.
enum class Purpose : std::uint8_t {
  acts,  // opens a WebSocket, or changes something
  reads,  // changes nothing, and the page that asked cannot see the answer if it is of another origin
};

// What a handshake, or a request, shows of its sender. Views of the request.
struct Presented {
  std::string_view query;                      // of the target, as sent
  std::vector<std::string_view> cookies;       // the Cookie fields
  std::string_view authorization;              // the Authorization field, or ""
  std::vector<std::string_view> subprotocols;  // offered
  std::optional<std::string_view> origin;
  std::string_view host;
  Transport by = Transport::unknown;
  Purpose purpose = Purpose::acts;
};

struct Identity {
  Claims claims;
  std::string note;  // for the log: that sources disagree; usually ""

  const std::string& user() const { return claims.sub; }
};

// The token that decides who a handshake comes from, before any of it is verified.
struct Candidate {
  std::string token;
  std::string_view carrier;  // its name, for the log
  std::string note;          // as Identity's
};

struct Refused {
  enum class Kind : std::uint8_t {
    unauthenticated,
    forbidden_origin,
    unknown_key,  // for now: the keys of `source` may have changed
  };
  Kind kind = Kind::unauthenticated;
  std::size_t source = 0;  // of AuthConfig::key_sources
  std::string detail;      // for the log; holds no token

  // The one word that the peer is told, whatever was wrong.
  static constexpr std::string_view kWord = "unauthorized";
};

class Authenticator {
 public:
  // errors: ConfigError.
  explicit Authenticator(const AuthConfig& config);

  // The first source that is present decides.
  base::Result<Identity, Refused> authenticate(const Presented& presented, Time now) const;

  // The two halves of authenticate(), for keys that may have to be waited for.
  // keys: those known of AuthConfig::key_sources.
  base::Result<Candidate, Refused> choose(const Presented& presented) const;
  base::Result<Identity, Refused> judge(const Candidate& candidate, Time now,
                                        const KnownKeys& keys) const;

  // Verifies an access token by itself: a fresh one for a live connection.
  // A token whose `iat` is ahead of `now` by more than the leeway is refused: a revocation knows no
  // later time than its own, and would not reach it.
  // keys: those known of AuthConfig::key_sources.
  base::Result<Claims, Unverified> verify(std::string_view token, Time now,
                                          const KnownKeys& keys) const;
  base::Result<Claims, TokenError> verify(std::string_view token, Time now) const;

  const std::vector<JwksSource>& key_sources() const { return codec_.config().key_sources; }

  // When a live connection must end whose token expires at `expires`.
  Time ends(Time expires) const { return expires + codec_.config().leeway; }

  // When a token whose `iat` is `issued_at` may have been issued at the earliest, by our clock.
  Time earliest_issue(Time issued_at) const { return issued_at - codec_.config().leeway; }

  // Whether the name of a subprotocol carries a token.
  bool carries_token(std::string_view subprotocol) const;

  AuthRefusal refusal() const { return codec_.config().auth_refusal; }

 private:
  std::optional<std::string> find_token(const TokenSource& source,
                                        const Presented& presented) const;

  const TokenCodec codec_;
};

}  // namespace microframe::authx
