#include "authx/token_error.hpp"

namespace microframe::authx {

std::string_view to_string(TokenError error) {
  switch (error) {
    case TokenError::malformed:
      return "malformed token";
    case TokenError::wrong_algorithm:
      return "token of another algorithm";
    case TokenError::forbidden_header:
      return "forbidden token header";
    case TokenError::bad_signature:
      return "bad signature";
    case TokenError::bad_exp:
      return "bad claims: exp";
    case TokenError::bad_sub:
      return "bad claims: sub";
    case TokenError::bad_iat:
      return "bad claims: iat";
    case TokenError::bad_nbf:
      return "bad claims: nbf";
    case TokenError::wrong_type:
      return "token of another type";
    case TokenError::wrong_issuer:
      return "token of another issuer";
    case TokenError::wrong_audience:
      return "token for another audience";
    case TokenError::not_yet_valid:
      return "token not valid yet";
    case TokenError::from_the_future:
      return "token issued in the future (its iat is ahead of this clock by more than the leeway)";
    case TokenError::expired:
      return "token expired";
    case TokenError::unknown_key:
      return "token of an unknown key";
  }
  return "bad token";
}

}  // namespace microframe::authx
