#include "microframe/authx/auth_config.hpp"

#include "authx/hmac.hpp"
#include "authx/public_key.hpp"
#include "authx/source_rules.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {

AuthConfig::AuthConfig(std::string secret, Algorithm with)
    : AuthConfig(with, std::move(secret), std::string{}) {
  if (is_hmac(with)) {
    check_secret(secret_key, with);
  } else {
    make_public_key_verifier(secret_key, {}, with);
  }
}

AuthConfig::AuthConfig(Algorithm with, std::string private_pem, std::string public_pem)
    : secret_key(std::move(private_pem)), public_key(std::move(public_pem)), algorithm(with) {}

AuthConfig AuthConfig::key_pair(Algorithm algorithm, std::string private_pem,
                                std::string public_pem) {
  if (is_hmac(algorithm)) {
    throw ConfigError(std::string(to_string(algorithm)) +
                      " has one shared secret, no pair of keys: AuthConfig(secret)");
  }
  AuthConfig config(algorithm, std::move(private_pem), std::move(public_pem));
  make_public_key_verifier(config.secret_key, config.public_key, algorithm);
  if (!config.secret_key.empty()) make_public_key_signer(config.secret_key, algorithm);
  return config;
}

AuthConfig AuthConfig::verify_only(Algorithm algorithm, std::string public_pem) {
  return key_pair(algorithm, {}, std::move(public_pem));
}

AuthConfig AuthConfig::jwks(JwksSource source) {
  std::vector<JwksSource> sources;
  sources.push_back(std::move(source));
  return jwks(std::move(sources));
}

AuthConfig AuthConfig::jwks(std::vector<JwksSource> sources) {
  if (sources.empty())
    throw ConfigError("no source of keys: name one, with its URL and its issuer");
  AuthConfig config(Algorithm::RS256, {}, {});
  config.key_sources = std::move(sources);
  check_key_sources(config.key_sources);
  return config;
}

}  // namespace microframe::authx
