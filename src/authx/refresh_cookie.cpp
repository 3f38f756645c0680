#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/ascii.hpp"
#include "microframe/authx/tokens.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {
namespace {

constexpr std::array<std::string_view, 3> kSameSite = {"strict", "lax", "none"};

// RFC 6265 §4.1.1: visible ASCII, without what would end the value.
bool is_cookie_octet(char c) {
  constexpr std::string_view kNot = "\",;\\";
  return c > 0x20 && c < 0x7F && kNot.find(c) == std::string_view::npos;
}

// RFC 9110 §5.6.2.
bool is_token_character(char c) {
  constexpr std::string_view kNot = "()<>@:\\/[]?={}";
  return is_cookie_octet(c) && kNot.find(c) == std::string_view::npos;
}

void check_cookie(const AuthConfig& config) {
  const std::string& name = config.cookie_name;
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_character)) {
    throw ConfigError(
        "cookie_name cannot name a cookie: write letters, digits, - and _, such as refresh_token");
  }
  const std::string& site = config.cookie_samesite;
  const auto is_site = [&](std::string_view one) { return base::equal_without_case(one, site); };
  if (!site.empty() && std::none_of(kSameSite.begin(), kSameSite.end(), is_site)) {
    throw ConfigError("cookie_samesite is \"" + site + "\": write strict, lax or none");
  }
  if (is_site("none") && !config.cookie_secure) {
    throw ConfigError("cookie_samesite none wants cookie_secure: browsers drop such a cookie");
  }
}

}  // namespace

std::string refresh_cookie(const AuthConfig& config, std::string_view refresh_token) {
  check_cookie(config);
  if (refresh_token.empty() ||
      !std::all_of(refresh_token.begin(), refresh_token.end(), is_cookie_octet)) {
    throw std::invalid_argument("microframe: this is no token, and no cookie can hold it");
  }
  const std::chrono::seconds age = std::chrono::days(config.refresh_token_expire_days);
  std::string cookie = config.cookie_name + "=" + std::string(refresh_token) +
                       "; Path=/; Max-Age=" + std::to_string(age.count());
  if (config.cookie_secure) cookie += "; Secure";
  if (config.cookie_httponly) cookie += "; HttpOnly";
  if (!config.cookie_samesite.empty()) cookie += "; SameSite=" + config.cookie_samesite;
  return cookie;
}

}  // namespace microframe::authx
