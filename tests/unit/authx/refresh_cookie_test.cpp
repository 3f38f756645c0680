// The refresh token's Set-Cookie value. RFC 6265 §4.1.

#include <gtest/gtest.h>

#include "microframe/config_error.hpp"
#include "support/forge.hpp"

namespace microframe::authx {
namespace {

TEST(Faults, F26_TheRefreshCookieUsesEveryField) {
  AuthConfig config(kSecret);
  EXPECT_EQ(refresh_cookie(config, "T"),
            "refresh_token=T; Path=/; Max-Age=604800; Secure; HttpOnly; SameSite=strict");
  config.cookie_name = "r";
  config.cookie_secure = config.cookie_httponly = false;
  config.cookie_samesite = "lax";
  config.refresh_token_expire_days = 1;
  EXPECT_EQ(refresh_cookie(config, "T"), "r=T; Path=/; Max-Age=86400; SameSite=lax");
}

TEST(RefreshCookie, RefusesTextThatIsNoToken) {
  const AuthConfig config(kSecret);
  for (const char* bad :
       {"", "a b", "a;b", "a\r\nSet-Cookie: b=c", "a,b", "a\"b", "a\\b", "\x7F", "\xC3\xA9"}) {
    EXPECT_THROW(refresh_cookie(config, bad), std::invalid_argument) << bad;
  }
}

TEST(RefreshCookie, RefusesANameThatBrowsersWouldRefuse) {
  AuthConfig config(kSecret);
  for (const char* bad : {"", "a b", "a=b", "a;b", "a\nb", "a/b"}) {
    config.cookie_name = bad;
    EXPECT_THROW(refresh_cookie(config, "T"), ConfigError) << bad;
  }
  config.cookie_name = "__Host-refresh";
  EXPECT_EQ(refresh_cookie(config, "T").substr(0, 17), "__Host-refresh=T;");
}

TEST(RefreshCookie, RefusesASameSiteThatBrowsersWouldRefuse) {
  AuthConfig config(kSecret);
  config.cookie_samesite = "sometimes";
  EXPECT_THROW(refresh_cookie(config, "T"), ConfigError);
  config.cookie_samesite = "None";
  EXPECT_NE(refresh_cookie(config, "T").find("; SameSite=None"), std::string::npos);
  config.cookie_secure = false;
  EXPECT_THROW(refresh_cookie(config, "T"), ConfigError);
  config.cookie_samesite = "";
  EXPECT_EQ(refresh_cookie(config, "T").find("SameSite"), std::string::npos);
}

}  // namespace
}  // namespace microframe::authx
