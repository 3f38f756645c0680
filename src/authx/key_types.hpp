// The two kinds of key behind make_signer and make_verifier.
#pragma once

#include <memory>

#include "authx/signer.hpp"

namespace microframe::authx {

// hmac.cpp
std::unique_ptr<Verifier> make_hmac_verifier(const AuthConfig& config);
std::unique_ptr<Signer> make_hmac_signer(const AuthConfig& config);

// public_key.cpp
std::unique_ptr<Verifier> make_public_key_verifier(const AuthConfig& config);
std::unique_ptr<Signer> make_public_key_signer(const AuthConfig& config);

}  // namespace microframe::authx
