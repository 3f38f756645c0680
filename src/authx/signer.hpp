// Signer and Verifier: one key and the one algorithm it is pinned to (RFC 8725 §3.1), by OpenSSL.
// RFC 7518 §3, RFC 8037. Threading: const, and used from many threads at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "microframe/authx/auth_config.hpp"

namespace microframe::authx {

class Signer {
 public:
  virtual ~Signer() = default;
  // The signature of `input`, in the form a JWS carries it, before base64url.
  virtual std::string sign(std::string_view input) const = 0;
};

class Verifier {
 public:
  virtual ~Verifier() = default;
  // Whether `signature` is this key's for `input`. A signature of a wrong form or length is none.
  virtual bool verify(std::string_view input, std::string_view signature) const = 0;
};

// errors: ConfigError for a key that is missing, weak, or of another kind than the algorithm's,
// with what to write instead.
std::unique_ptr<Verifier> make_verifier(const AuthConfig& config);
// nullptr if the configuration has no key that signs. errors: likewise.
std::unique_ptr<Signer> make_signer(const AuthConfig& config);

// errors: ConfigError for a shared secret that is empty, too short for `algorithm`, or a key in
// PEM.
void check_secret(std::string_view secret, Algorithm algorithm);
bool is_hmac(Algorithm algorithm);

}  // namespace microframe::authx
