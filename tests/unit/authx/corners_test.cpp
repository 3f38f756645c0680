// Corners of what a peer, or an application, may hand to authentication.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "authx/cookies.hpp"
#include "authx/origin.hpp"
#include "authx/query.hpp"
#include "authx/signer.hpp"
#include "microframe/authx.hpp"
#include "microframe/config_error.hpp"
#include "support/keys.hpp"

namespace microframe::authx {
namespace {

using Names = std::vector<std::string>;

TEST(Corners, AlgorithmsAreFoundByTheirExactNames) {
  EXPECT_EQ(algorithm_named("HS256"), Algorithm::HS256);
  EXPECT_EQ(algorithm_named("EdDSA"), Algorithm::EdDSA);
  for (const char* name : {"", "none", "hs256", "HS256 ", "RS1"})
    EXPECT_FALSE(algorithm_named(name)) << name;
}

TEST(Corners, ACookieWithOneQuoteKeepsIt) {  // RFC 6265 §4.1.1
  const auto value_of = [](std::string_view field) {
    const std::string_view fields[] = {field};
    return find_cookie(fields, "a");
  };
  EXPECT_EQ(value_of("a=\"b\""), "b");
  EXPECT_EQ(value_of("a=\"b"), "\"b");
  EXPECT_EQ(value_of("a=b\""), "b\"");
  EXPECT_EQ(value_of("a=\""), "\"");
  EXPECT_EQ(value_of("a=\"\""), "");
}

TEST(Corners, APercentThatBeginsNoPairStandsForItself) {  // WHATWG URL §1.3
  EXPECT_EQ(find_parameter("a=%41%4g%g4%4", "a"), "A%4g%g4%4");
  EXPECT_EQ(find_parameter("a=%aF%Af", "a"), "\xAF\xAF");
  EXPECT_EQ(find_parameter("a=%", "a"), "%");
}

TEST(Corners, AnOriginMayNameItsPortAsTheHostDoes) {  // RFC 6454 §4
  EXPECT_TRUE(origin_allowed("https://a.example", "a.example:443", {}));
  EXPECT_TRUE(origin_allowed("https://a.example:443", "a.example:443", {}));
  EXPECT_TRUE(origin_allowed("http://a.example", "A.example:80", {}));
  EXPECT_FALSE(origin_allowed("https://a.example", "a.example:80", {}));
  EXPECT_FALSE(origin_allowed("https://a.example:8443", "a.example", {}));
  EXPECT_FALSE(origin_allowed("https://", "", {}));
}

TEST(Corners, AnOriginIsSchemeAndHost) {  // RFC 6454 §6.2
  for (const char* good :
       {"https://a", "moz-extension://0-f", "app+x.y://[::1]:80", "HTTP://A_b.C"}) {
    EXPECT_TRUE(is_origin(good)) << good;
  }
  for (const char* bad : {"", "a", "://a", "https://", "ht tp://a", "https://a/", "https://*",
                          "https://a{", "null"}) {
    EXPECT_FALSE(is_origin(bad)) << bad;
  }
}

TEST(Corners, APasswordThatBcryptWouldCutMatchesNoHash) {
  const std::string hash = sync_wait(hash_password("secret"));
  EXPECT_TRUE(sync_wait(verify_password("secret", hash)));
  EXPECT_FALSE(sync_wait(verify_password(std::string(73, 'x'), hash)));
  EXPECT_FALSE(sync_wait(verify_password(std::string("secret\0", 7), hash)));
}

TEST(Corners, AHashOfAnotherFormMatchesNoPassword) {
  const std::string hash = sync_wait(hash_password("secret"));
  for (const std::string& other :
       {std::string(), std::string("secret"), std::string("$2b$"), std::string("$2b$99$"),
        std::string("$1$abc$"), hash + "x", hash.substr(0, 20)}) {
    EXPECT_FALSE(sync_wait(verify_password("secret", other))) << other;
  }
}

TEST(Corners, AKeyOfAnotherKindIsRefusedByName) {
  const test::KeyPair ec = test::ec_key("P-256");
  try {
    AuthConfig::key_pair(Algorithm::RS256, ec.private_pem, ec.public_pem);
    FAIL() << "an EC key signs for RS256";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("RSA"), std::string::npos);
  }
  EXPECT_THROW(AuthConfig::verify_only(Algorithm::EdDSA, ec.public_pem), ConfigError);
  EXPECT_THROW(AuthConfig::verify_only(Algorithm::ES384, ec.public_pem), ConfigError);
}

// A configuration whose secret was taken out after it was made: nothing signs with an empty key.
TEST(Corners, AnEmptySecretSignsNothing) {
  AuthConfig config(std::string(32, 's'));
  config.secret_key.clear();
  EXPECT_THROW(make_signer(config), ConfigError);
  EXPECT_THROW(create_access_token(config, "alice"), ConfigError);
}

}  // namespace
}  // namespace microframe::authx
