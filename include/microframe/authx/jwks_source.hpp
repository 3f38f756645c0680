// JwksSource: an issuer of tokens whose public keys are fetched as a JSON Web Key Set (RFC 7517),
// and the rules for keeping these keys.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "microframe/authx/algorithm.hpp"

namespace microframe::authx {

// A value; each setter returns the source itself. Impossible settings are refused when an
// AuthConfig is made of the source.
class JwksSource {
 public:
  using Milliseconds = std::chrono::milliseconds;

  // url: where the issuer publishes its keys, such as "https://id.example/jwks.json". No other
  //      URL is ever fetched, whatever a token says, and no redirect is followed.
  explicit JwksSource(std::string url) : url_(std::move(url)) {}

  // What the issuer's tokens say in `iss`, exactly. Required, because a key is valid only for
  // tokens of its own issuer.
  JwksSource& issuer(std::string name) {
    issuer_ = std::move(name);
    return *this;
  }
  // The algorithms that the issuer's tokens may be signed with; HMAC is not allowed. A key is
  // pinned to its own `alg` if that is among them. A key that names no `alg` is pinned to the
  // first of them that its type allows. Default: all, RS256 before the other RSA algorithms.
  JwksSource& algorithms(std::vector<Algorithm> allowed) {
    algorithms_ = std::move(allowed);
    return *this;
  }
  // Accepts access tokens without the claim `type`, which other issuers seldom set, even if the
  // header does not say at+jwt (RFC 9068). AuthConfig::audience is then required, because only
  // the audience tells access tokens from other tokens.
  JwksSource& type_optional() {
    type_optional_ = true;
    return *this;
  }

  // How often, at most, an unknown key in a token causes the keys to be fetched again. Default:
  // 30 s.
  JwksSource& cool_down(Milliseconds time) {
    cool_down_ = time;
    return *this;
  }
  // How often the keys are fetched anyway, if the answer's Cache-Control has no max-age. A
  // max-age is limited to between a tenth and six times this interval. Default: 10 min.
  JwksSource& refresh_interval(Milliseconds time) {
    refresh_interval_ = time;
    return *this;
  }
  // How long keys are used while they cannot be fetched again. Past it: 503. Default: 24 h.
  JwksSource& age_max(Milliseconds time) {
    age_max_ = time;
    return *this;
  }
  // How long a fetch may take. Default: 5 s.
  JwksSource& fetch_time(Milliseconds time) {
    fetch_time_ = time;
    return *this;
  }
  // The PEM file of the authorities that may sign the server's certificate. Default: the system's.
  JwksSource& ca_file(std::string path) {
    ca_file_ = std::move(path);
    return *this;
  }
  // Accepts an http URL that is not this machine's own loopback. Anyone on the network path can
  // then choose the keys.
  JwksSource& allow_http() {
    allows_http_ = true;
    return *this;
  }

  const std::string& url() const { return url_; }
  const std::string& issuer() const { return issuer_; }
  const std::vector<Algorithm>& algorithms() const { return algorithms_; }
  bool is_type_optional() const { return type_optional_; }
  Milliseconds cool_down() const { return cool_down_; }
  Milliseconds refresh_interval() const { return refresh_interval_; }
  Milliseconds age_max() const { return age_max_; }
  Milliseconds fetch_time() const { return fetch_time_; }
  const std::string& ca_file() const { return ca_file_; }
  bool allows_http() const { return allows_http_; }

  bool operator==(const JwksSource&) const = default;

 private:
  std::string url_;
  std::string issuer_;
  std::vector<Algorithm> algorithms_ = {
      Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384,
      Algorithm::PS512, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA,
  };
  bool type_optional_ = false;
  bool allows_http_ = false;
  Milliseconds cool_down_{30'000};
  Milliseconds refresh_interval_{600'000};
  Milliseconds age_max_{86'400'000};
  Milliseconds fetch_time_{5'000};
  std::string ca_file_;
};

}  // namespace microframe::authx
