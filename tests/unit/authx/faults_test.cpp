// The original's faults that belong to this layer, by their numbers; those of the driver are tested
// on sockets.

#include <gtest/gtest.h>

#include <type_traits>

#include "authx/authenticator.hpp"
#include "microframe/config_error.hpp"
#include "support/forge.hpp"
#include "unit/authx/rsa.hpp"

namespace microframe::authx {
namespace {

using namespace std::chrono_literals;

base::Result<Identity, Refused> present(const std::string& query,
                                        const std::string& authorization = {}) {
  Presented presented;
  presented.query = query;
  presented.authorization = authorization;
  presented.host = "app.example";
  return Authenticator(AuthConfig(kSecret)).authenticate(presented, kNow);
}

TEST(Faults, F02_AnErrorCannotBecomeAUser) {
  // No conversion leads from a refusal to a user, and a Result with one has no identity to ask.
  static_assert(!std::is_convertible_v<Refused, Identity>);
  static_assert(!std::is_constructible_v<std::string, Refused>);
  const auto refused = present("token=garbage");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, Refused::Kind::unauthenticated);
}

TEST(Faults, F15_SourcesThatDisagreeAreNoted) {
  const AuthConfig config(kSecret);
  const std::string alice = create_access_token(config, "alice", {}, kNow);
  const std::string bob = create_access_token(config, "bob", {}, kNow);
  const auto both = present("token=" + alice, "Bearer " + bob);
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both->user(), "alice");
  EXPECT_EQ(both->note, "another token in bearer, decided by query");
  EXPECT_EQ(present("token=" + alice, "Bearer " + alice)->note, "");
}

TEST(Faults, F26_TheSocketReadsTheConfiguredCookie) {
  AuthConfig config(kSecret);
  config.sources = {{TokenSource::Carrier::cookie, "session"}};
  const std::string token = create_access_token(config, "alice", {}, kNow);
  Presented presented;
  presented.host = "app.example";
  presented.origin = "https://app.example";
  const auto with_cookie = [&](const std::string& cookie) {
    presented.cookies = {cookie};
    return Authenticator(config).authenticate(presented, kNow);
  };
  const auto taken = with_cookie("session=" + token);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->user(), "alice");
  EXPECT_FALSE(with_cookie("access_token=" + token).ok());
}

TEST(Faults, F17_ExpIsRequiredIssAndAudAreCheckedNoSecretIsEmpty) {
  AuthConfig config(kSecret);
  EXPECT_EQ(verdict(config, forge(config, kHeader, R"({"sub":"a","type":"access"})")),
            "bad claims: exp");
  config.issuer = "us";
  EXPECT_EQ(verdict(config, forge(config, kHeader, claims_with(R"("iss":"them")"))),
            "token of another issuer");
  config.issuer.reset();
  config.audience = "chat";
  EXPECT_EQ(verdict(config, forge(config, kHeader, claims_with(R"("aud":"chat")"))), "ok");
  EXPECT_THROW(AuthConfig(""), ConfigError);
}

TEST(Faults, F21_OneWordIsSaidWhateverWasWrong) {
  // The detail differs, for the log; the word is a constant of the type, so it cannot.
  EXPECT_NE(present("token=garbage").error().detail, present("").error().detail);
  static_assert(Refused::kWord == "unauthorized");
}

TEST(Faults, F27_WeakSecretsOfExamplesAreRefused) {
  for (const char* secret :
       {"secret", "your-secret-key", "changeme", "my_super_secret_key_123456789"}) {
    EXPECT_THROW(AuthConfig{secret}, ConfigError) << secret;
  }
}

TEST(Faults, F16_ABadSignatureIsNeverToldAsExpired) {
  const AuthConfig config(kSecret);
  const std::string expired =
      create_access_token(AuthConfig(std::string(64, 't')), "alice", {}, kNow - 24h);
  EXPECT_EQ(verdict(config, expired), "bad signature");
  EXPECT_THROW(decode_token(config, expired, TokenType::access, kNow), InvalidTokenException);
}

TEST(Faults, F01and19_ErrorsAreThrownNotReturned) {
  const AuthConfig config(kSecret);
  const std::string token = create_access_token(config, "alice", {}, kNow);
  EXPECT_THROW(decode_token(config, token, TokenType::access, kNow + 1h), TokenExpiredException);
  EXPECT_THROW(decode_token(config, token, TokenType::refresh, kNow), InvalidTokenException);
  EXPECT_EQ(TokenExpiredException().status(), 401U);
  EXPECT_EQ(CredentialsException().status(), 401U);
  EXPECT_EQ(InvalidTokenException("x").status(), 401U);
  EXPECT_EQ(UserNotFoundException().status(), 404U);
}

TEST(Faults, F25_SigningAndVerifyingKeysAreSeparate) {
  const AuthConfig both =
      AuthConfig::key_pair(Algorithm::RS256, rsa().private_pem, rsa().public_pem);
  const AuthConfig reader = AuthConfig::verify_only(Algorithm::RS256, rsa().public_pem);
  EXPECT_EQ(verdict(reader, create_access_token(both, "alice", {}, kNow)), "ok");
}

}  // namespace
}  // namespace microframe::authx
