// Claims: what a token says of its bearer. TokenOptions: what to put into one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "microframe/json.hpp"

namespace microframe::authx {

using Time = std::chrono::system_clock::time_point;

enum class TokenType : std::uint8_t { access, refresh };
std::string_view to_string(TokenType type);

// What a verified token says.
struct Claims {
  Claims() = default;

  std::string sub;
  TokenType type = TokenType::access;
  Time issued_at;
  Time expires;
  Json all;  // every claim, an object

  // The claims beyond the registered ones (RFC 7519 §4.1) and `type`.
  Json extra() const;
};

class TokenOptions {
 public:
  TokenOptions() = default;
  // How long the token is valid, in place of the configuration's time.
  TokenOptions& ttl(std::chrono::seconds duration) {
    ttl_ = duration;
    return *this;
  }
  // Further claims, an object. Only the library sets the registered claims and `type`.
  TokenOptions& claims(Json extra) {
    claims_ = std::move(extra);
    return *this;
  }

  const std::optional<std::chrono::seconds>& ttl() const { return ttl_; }
  const Json& claims() const { return claims_; }

 private:
  std::optional<std::chrono::seconds> ttl_;
  Json claims_;
};

}  // namespace microframe::authx
