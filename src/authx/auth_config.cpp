#include "microframe/authx/auth_config.hpp"

#include "authx/signer.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {

AuthConfig::AuthConfig(std::string secret, Algorithm with)
    : AuthConfig(with, std::move(secret), std::string{}) {
  make_verifier(*this);
}

AuthConfig::AuthConfig(Algorithm with, std::string private_pem, std::string public_pem)
    : secret_key(std::move(private_pem)), public_key(std::move(public_pem)), algorithm(with) {}

AuthConfig AuthConfig::key_pair(Algorithm algorithm, std::string private_pem, std::string public_pem) {
  if (is_hmac(algorithm)) {
    throw ConfigError(std::string(to_string(algorithm)) +
                      " has one shared secret, no pair of keys: AuthConfig(secret)");
  }
  AuthConfig config(algorithm, std::move(private_pem), std::move(public_pem));
  make_verifier(config);
  make_signer(config);
  return config;
}

AuthConfig AuthConfig::verify_only(Algorithm algorithm, std::string public_pem) {
  return key_pair(algorithm, {}, std::move(public_pem));
}

}  // namespace microframe::authx
