// Signer and Verifier: one key and the one algorithm that it is pinned to (RFC 8725 §3.1).
// RFC 7518 §3, RFC 8037. Threading: const, and used from many threads at once.
#pragma once

#include <string>
#include <string_view>

namespace microframe::authx {

class Signer {
 public:
  virtual ~Signer() = default;
  // The signature of `input`, in the form in which a JWS carries it, before base64url.
  virtual std::string sign(std::string_view input) const = 0;
};

class Verifier {
 public:
  virtual ~Verifier() = default;
  // Whether `signature` is this key's signature of `input`. Any other form or length is refused.
  virtual bool verify(std::string_view input, std::string_view signature) const = 0;
};

}  // namespace microframe::authx
