// Keys with a public half: RS, PS, ES and EdDSA. RFC 7518 §3.3 to §3.5, RFC 8037. Only sources of
// authx include this header, because it shows OpenSSL.
#pragma once

#include <memory>
#include <string>

#include "authx/evp_key.hpp"
#include "authx/signature.hpp"
#include "microframe/authx/algorithm.hpp"

namespace microframe::authx {

// public_pem: what verifies; empty: the public half of private_pem.
// errors: ConfigError for text that is no such key, or a key that does not fit the algorithm.
std::unique_ptr<Verifier> make_public_key_verifier(const std::string& private_pem,
                                                   const std::string& public_pem,
                                                   Algorithm algorithm);
// key: not null, with a public half.
// errors: ConfigError if the key does not fit the algorithm.
std::unique_ptr<Verifier> make_public_key_verifier(Key key, Algorithm algorithm);

// errors: ConfigError for text that is no such key, or a key that does not fit the algorithm.
std::unique_ptr<Signer> make_public_key_signer(const std::string& private_pem, Algorithm algorithm);

}  // namespace microframe::authx
