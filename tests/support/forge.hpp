// Tokens for tests: ours, and forged ones of any header and claims.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "authx/signer.hpp"
#include "authx/token_codec.hpp"
#include "base/base64url.hpp"
#include "microframe/authx.hpp"

namespace microframe::authx {

inline const Time kNow{std::chrono::seconds(1'800'000'000)};
inline const std::string kSecret(64, 's');

inline std::string join(std::string_view header, std::string_view claims) {
  return microframe::base::base64url_encode(header) + "." +
         microframe::base::base64url_encode(claims);
}

// A token of any header and claims, signed with the configuration's key.
inline std::string forge(const AuthConfig& config, std::string_view header,
                         std::string_view claims) {
  const std::string input = join(header, claims);
  return input + "." + microframe::base::base64url_encode(make_signer(config)->sign(input));
}

inline constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
inline constexpr std::string_view kClaims =
    R"({"sub":"alice","type":"access","iat":1799999000,"exp":1800000900})";

// "ok", or the error in words.
inline std::string verdict(const AuthConfig& config, std::string_view token,
                           TokenType expected = TokenType::access, Time now = kNow) {
  const auto claims = TokenCodec(config).verify(token, expected, now);
  return claims ? "ok" : std::string(to_string(claims.error()));
}

// kClaims, and further members.
inline std::string claims_with(std::string_view more) {
  std::string text(kClaims);
  text.pop_back();
  return text + "," + std::string(more) + "}";
}

}  // namespace microframe::authx
