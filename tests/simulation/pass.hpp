// Pass: what a simulated client shows at the door: a token, good or bad in some way, and where it
// carries it.
#pragma once

#include <cstdint>
#include <string>

#include "authx/authenticator.hpp"
#include "proto/handshake.hpp"
#include "simulation/random.hpp"

namespace microframe::simulation {

// The simulated clock's reading as a point in time.
inline authx::Time at(std::uint64_t now_ms) {
  return authx::Time(std::chrono::seconds(1'800'000'000) + std::chrono::milliseconds(now_ms));
}

struct Pass {
  enum class Verdict : unsigned char { admitted, refused, forbidden };

  std::string user;
  std::string token;
  bool sound = true;       // the token is well made; it may expire all the same
  bool forbidden = false;  // a cookie from a foreign origin
  std::uint64_t expires_ms = 0;
  std::string query;   // of the request's target
  std::string fields;  // of its head
  std::vector<std::string> subprotocols;

  Verdict verdict(std::uint64_t now_ms) const {
    if (forbidden) return Verdict::forbidden;
    return sound && now_ms < expires_ms ? Verdict::admitted : Verdict::refused;
  }
};

// The server's rules: the same for every seed, because its keys take long to make.
const authx::Authenticator& authenticator();

// A good token of `user`, for `ttl_s` seconds.
std::string make_token(const std::string& user, std::uint64_t now_ms, int ttl_s);
Pass make_pass(const std::string& user, std::uint64_t now_ms, Random& random);

}  // namespace microframe::simulation
