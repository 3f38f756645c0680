#include "simulation/pass.hpp"

#include "authx/token_codec.hpp"

namespace microframe::simulation {
namespace {

using authx::TokenType;

const authx::AuthConfig& config() {
  static const authx::AuthConfig made(std::string(32, 's'));
  return made;
}

const authx::TokenCodec& codec() {
  static const authx::TokenCodec made(config());
  return made;
}

const authx::TokenCodec& foreign_codec() {
  static const authx::TokenCodec made(authx::AuthConfig(std::string(32, 'f')));
  return made;
}

std::string issue(const authx::TokenCodec& by, TokenType type, const std::string& user,
                  std::uint64_t now_ms, int ttl_s) {
  return by.issue(type, user, authx::TokenOptions().ttl(std::chrono::seconds(ttl_s)), at(now_ms));
}

void spoil(Pass& pass, std::uint64_t now_ms, Random& random) {
  pass.sound = false;
  switch (random.below(5)) {
    case 0:
      pass.token = issue(foreign_codec(), TokenType::access, pass.user, now_ms, 600);
      break;
    case 1:
      pass.token = issue(codec(), TokenType::refresh, pass.user, now_ms, 600);
      break;
    case 2:
      pass.token.pop_back();
      break;
    case 3: {
      char& changed = pass.token[random.below(pass.token.size())];
      changed = changed == 'A' ? 'B' : 'A';
      break;
    }
    default:
      pass.token.clear();
  }
}

// The first source that is present decides: what comes behind is passed over.
void carry(Pass& pass, Random& random) {
  const std::size_t carrier = random.below(4);
  const bool own_origin = random.percent(80);
  switch (carrier) {
    case 0:
      pass.query = "?x=1&token=" + pass.token;
      break;
    case 1:
      pass.fields = "Cookie: a=b; access_token=" + pass.token + "\r\n";
      pass.fields +=
          own_origin ? "Origin: https://app.example\r\n" : "Origin: https://evil.example\r\n";
      pass.forbidden = !own_origin && !pass.token.empty();
      break;
    case 2:
      pass.subprotocols = {"chat", "token." + pass.token};
      break;
    default:
      pass.fields = "Authorization: Bearer " + pass.token + "\r\n";
  }
  if (carrier != 3 && !pass.token.empty() && random.percent(10))
    pass.fields += "Authorization: Bearer other\r\n";
}

}  // namespace

const authx::Authenticator& authenticator() {
  static const authx::Authenticator made(config());
  return made;
}

std::string make_token(const std::string& user, std::uint64_t now_ms, int ttl_s) {
  return issue(codec(), TokenType::access, user, now_ms, ttl_s);
}

Pass make_pass(const std::string& user, std::uint64_t now_ms, Random& random) {
  Pass pass;
  pass.user = user;
  const int ttl_s = random.percent(70) ? 600 : static_cast<int>(random.below(6)) - 1;
  pass.token = make_token(user, now_ms, ttl_s);
  // `exp` is in whole seconds.
  pass.expires_ms = (now_ms / 1000 + static_cast<std::uint64_t>(std::max(ttl_s, 0))) * 1000;
  if (ttl_s < 0) pass.sound = false;
  if (random.percent(12)) spoil(pass, now_ms, random);
  carry(pass, random);
  return pass;
}

}  // namespace microframe::simulation
