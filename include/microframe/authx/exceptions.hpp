// The exceptions that authentication throws at the application, each with the HTTP status to
// answer.
#pragma once

#include <stdexcept>

namespace microframe::authx {

class AuthException : public std::runtime_error {
 public:
  explicit AuthException(const std::string& what, unsigned status = 401)
      : std::runtime_error(what), status_(status) {}
  unsigned status() const { return status_; }

 private:
  unsigned status_;
};

// The email or the password is wrong: 401.
class CredentialsException : public AuthException {
 public:
  CredentialsException() : AuthException("wrong email or password") {}
};

// The token is malformed, forged, of another type, issuer or audience, or not valid yet: 401.
// what() is for the log.
class InvalidTokenException : public AuthException {
 public:
  explicit InvalidTokenException(const std::string& what) : AuthException(what) {}
};

// The token's signature is valid, but its `exp` has passed: 401.
class TokenExpiredException : public AuthException {
 public:
  TokenExpiredException() : AuthException("the token has expired") {}
};

// No such user: 404.
class UserNotFoundException : public AuthException {
 public:
  UserNotFoundException() : AuthException("no such user", 404) {}
};

}  // namespace microframe::authx
