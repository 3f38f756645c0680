#include "authx/signer.hpp"

#include "authx/key_types.hpp"

namespace microframe::authx {

std::unique_ptr<Verifier> make_verifier(const AuthConfig& config) {
  return is_hmac(config.algorithm) ? make_hmac_verifier(config) : make_public_key_verifier(config);
}

std::unique_ptr<Signer> make_signer(const AuthConfig& config) {
  if (config.secret_key.empty() && !is_hmac(config.algorithm)) return nullptr;
  return is_hmac(config.algorithm) ? make_hmac_signer(config) : make_public_key_signer(config);
}

}  // namespace microframe::authx
