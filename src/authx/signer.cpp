#include "authx/signer.hpp"

#include "authx/hmac.hpp"
#include "authx/public_key.hpp"

namespace microframe::authx {

std::unique_ptr<Verifier> make_verifier(const AuthConfig& config) {
  if (is_hmac(config.algorithm)) return make_hmac_verifier(config.secret_key, config.algorithm);
  return make_public_key_verifier(config.secret_key, config.public_key, config.algorithm);
}

std::unique_ptr<Signer> make_signer(const AuthConfig& config) {
  if (is_hmac(config.algorithm)) return make_hmac_signer(config.secret_key, config.algorithm);
  if (config.secret_key.empty()) return nullptr;
  return make_public_key_signer(config.secret_key, config.algorithm);
}

}  // namespace microframe::authx
