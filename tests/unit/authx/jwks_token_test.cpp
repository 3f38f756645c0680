// Tokens whose issuers' keys are fetched: what chooses the key, and what never does. RFC 8725 §3.8,
// §3.10; scenarios 17, 19, 20.

#include <gtest/gtest.h>

#include "authx/authenticator.hpp"
#include "microframe/config_error.hpp"
#include "support/forge.hpp"
#include "support/jwks.hpp"

namespace microframe::authx {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr char kOne[] = "https://one.example";
constexpr char kTwo[] = "https://two.example";

// An issuer: its key, and what signs with it.
struct Issuer {
  explicit Issuer(const char* iss)
      : name(iss), pair(test::ed25519_key()), config(pair.private_pem, Algorithm::EdDSA) {}

  std::string token(std::string_view kid, std::string_view more = {},
                    std::string_view iss = {}) const {
    const std::string header =
        R"({"alg":"EdDSA")" + (kid.empty() ? "" : test::member("kid", kid)) + "}";
    return forge(config, header, claims("\"type\":\"access\"", iss.empty() ? name : iss, more));
  }
  std::string claims(std::string_view type, std::string_view iss,
                     std::string_view more = {}) const {
    std::string text =
        R"({"sub":"alice","iat":1799999000,"exp":1800000900)" + test::member("iss", iss);
    if (!type.empty()) text += "," + std::string(type);
    return text + std::string(more) + "}";
  }
  std::shared_ptr<const KeySet> keys(std::string_view kid) const {
    const auto allowed = JwksSource("https://x").algorithms();
    return std::make_shared<const KeySet>(
        *KeySet::parse(test::key_set({test::ed25519_jwk(pair, kid)}), allowed));
  }

  std::string name;
  test::KeyPair pair;
  AuthConfig config;
};

class JwksToken : public testing::Test {
 protected:
  Issuer one{kOne};
  Issuer two{kTwo};
  AuthConfig config = AuthConfig::jwks({JwksSource("https://one.example/jwks").issuer(kOne),
                                        JwksSource("https://two.example/jwks").issuer(kTwo)});
  KnownKeys keys{one.keys("k"), two.keys("k")};  // one name at two issuers: scenario 19

  // "ok", or the error in words, and the source to be asked.
  std::string verdict(std::string_view token, TokenType expected = TokenType::access,
                      Time now = kNow) {
    const auto claims = TokenCodec(config).verify(token, expected, now, keys);
    if (claims) return "ok";
    const Unverified& why = claims.error();
    return std::string(to_string(why.error)) +
           (why.error == TokenError::unknown_key ? " " + std::to_string(why.source) : "");
  }
};

TEST_F(JwksToken, IsVerifiedByTheKeyOfItsIssuer) {
  EXPECT_EQ(verdict(one.token("k")), "ok");
  EXPECT_EQ(verdict(two.token("k")), "ok");
  EXPECT_EQ(verdict(one.token("k"), TokenType::access, kNow + 1h), "token expired");
}

TEST_F(JwksToken, SameKeyNameAtTwoIssuersMeansTwoKeys) {
  EXPECT_EQ(verdict(one.token("k", {}, kTwo)), "bad signature");
  EXPECT_EQ(verdict(two.token("k", {}, kOne)), "bad signature");
  keys[1] = nullptr;
  EXPECT_EQ(verdict(one.token("k", {}, kTwo)), "token of an unknown key 1");
}

TEST_F(JwksToken, OfAnIssuerThatIsNotConfiguredIsRefusedAtOnce) {
  for (const char* iss : {"https://evil.example", "https://one.example/", "HTTPS://ONE.EXAMPLE", "",
                          "https://one.example/../../jwks"}) {
    EXPECT_EQ(verdict(forge(one.config, R"({"alg":"EdDSA","kid":"k"})", one.claims({}, iss))),
              "token of another issuer")
        << iss;
  }
  EXPECT_EQ(verdict(forge(one.config, R"({"alg":"EdDSA","kid":"k"})", kClaims)),
            "token of another issuer");
  EXPECT_EQ(
      verdict(forge(one.config, R"({"alg":"EdDSA","kid":"k"})", claims_with(R"("iss":["x"])"))),
      "token of another issuer");
}

TEST_F(JwksToken, OfAnUnknownKeyNamesTheSourceToAsk) {
  EXPECT_EQ(verdict(two.token("other")), "token of an unknown key 1");
  keys[0] = nullptr;
  EXPECT_EQ(verdict(one.token("k")), "token of an unknown key 0");
  EXPECT_EQ(verdict(two.token("k")), "ok");
}

TEST_F(JwksToken, WithoutANameTriesTheOnlyKey) {
  EXPECT_EQ(verdict(one.token("")), "ok");
  // Its key may have been replaced by another without a name.
  EXPECT_EQ(verdict(two.token("", {}, kOne)), "token of an unknown key 0");
}

TEST_F(JwksToken, NeverFollowsWhatItsHeaderSays) {  // scenario 17
  const std::string claims = one.claims("\"type\":\"access\"", kOne);
  const auto headed = [&](const std::string& header) {
    return verdict(forge(one.config, header, claims));
  };
  EXPECT_EQ(headed(R"({"alg":"EdDSA","kid":"../../dev/null"})"), "forbidden token header");
  EXPECT_EQ(headed(R"({"alg":"EdDSA","kid":"' OR 1=1"})"), "forbidden token header");
  EXPECT_EQ(headed(R"({"alg":"EdDSA","kid":["k"]})"), "forbidden token header");
  for (const char* name : {"jku", "x5u", "jwk", "x5c", "crit", "b64"}) {
    EXPECT_EQ(
        headed(R"({"alg":"EdDSA","kid":"k")" + test::member(name, "https://evil.example/k") + "}"),
        "forbidden token header")
        << name;
  }
  for (const char* alg : {"none", "HS256", "eddsa", ""}) {
    EXPECT_EQ(headed(R"({"alg":")" + std::string(alg) + R"(","kid":"k"})"),
              "token of another algorithm");
  }
  // An allowed algorithm that is not the key's: there is no such key.
  EXPECT_EQ(headed(R"({"alg":"RS256","kid":"k"})"), "token of an unknown key 0");
  config = AuthConfig::jwks(
      JwksSource("https://one.example/jwks").issuer(kOne).algorithms({Algorithm::RS256}));
  EXPECT_EQ(headed(R"({"alg":"EdDSA","kid":"k"})"), "token of another algorithm");
}

TEST_F(JwksToken, SignedWithAPublicKeyAsASecretIsRefused) {  // scenario 15
  const AuthConfig confused(one.pair.public_der.size() < 32 ? std::string(32, 'x')
                                                            : one.pair.public_der);
  EXPECT_EQ(verdict(forge(confused, R"({"alg":"HS256","kid":"k"})",
                          one.claims("\"type\":\"access\"", kOne))),
            "token of another algorithm");
}

TEST_F(JwksToken, MustBeAnAccessToken) {
  const auto typed = [&](const std::string& header, const std::string& type,
                         const std::string& more = {}) {
    return verdict(forge(one.config, header, one.claims(type, kOne, more)));
  };
  const std::string plain = R"({"alg":"EdDSA","kid":"k"})";
  const std::string rfc9068 = R"({"alg":"EdDSA","kid":"k","typ":"at+jwt"})";
  EXPECT_EQ(typed(plain, ""), "token of another type");
  EXPECT_EQ(typed(plain, R"("type":"refresh")"), "token of another type");
  EXPECT_EQ(typed(rfc9068, ""), "ok");
  EXPECT_EQ(typed(rfc9068, R"("type":"refresh")"), "token of another type");
  EXPECT_EQ(typed(rfc9068, R"("type":1)"), "token of another type");
  config = AuthConfig::jwks(JwksSource("https://one.example/jwks").issuer(kOne).type_optional());
  config.audience = "chat";
  EXPECT_EQ(typed(plain, "", R"(,"aud":"chat")"), "ok");
  EXPECT_EQ(typed(plain, "", R"(,"aud":"the client")"), "token for another audience");
  EXPECT_EQ(typed(plain, R"("type":"refresh")", R"(,"aud":"chat")"), "token of another type");
  const std::string without = forge(one.config, plain, one.claims("", kOne, R"(,"aud":"chat")"));
  EXPECT_EQ(verdict(without, TokenType::refresh), "token of another type");
}

TEST_F(JwksToken, OfAWrongFormIsMalformed) {
  const std::string good = one.token("k");
  for (const std::string& bad : {""s, "a.b"s, "a.b.c"s, good + ".", good.substr(0, good.rfind('.')),
                                 good + "!", join("{}", "[]") + ".AA", std::string(9000, 'x')}) {
    EXPECT_EQ(verdict(bad), "malformed token") << bad;
  }
}

TEST_F(JwksToken, IsRefusedWhileNoKeysAreKnown) {
  EXPECT_EQ(authx::verdict(config, one.token("k")), "token of an unknown key");
  EXPECT_THROW(decode_token(config, one.token("k"), TokenType::access, kNow), ConfigError);
  EXPECT_THROW(create_access_token(config, "alice", {}, kNow), ConfigError);
}

TEST_F(JwksToken, IsJudgedInAHandshake) {
  const Authenticator authenticator(config);
  Presented presented;
  const std::string query = "token=" + one.token("new");
  presented.query = query;
  const auto candidate = authenticator.choose(presented);
  ASSERT_TRUE(candidate.ok());
  const auto refused = authenticator.judge(*candidate, kNow, keys);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, Refused::Kind::unknown_key);
  EXPECT_EQ(refused.error().source, 0U);
  EXPECT_EQ(refused.error().detail, "token of an unknown key in query");
  keys[0] = one.keys("new");
  EXPECT_EQ(authenticator.judge(*candidate, kNow, keys)->user(), "alice");
}

// --- what a configuration may say ---

// "ok", or what is said against it.
std::string refusal(const std::function<AuthConfig()>& make) {
  try {
    const TokenCodec codec(make());
    return "ok";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(JwksConfig, RequiresHttpsExceptOnThisMachine) {
  const auto url = [](const std::string& text) {
    return refusal([&] { return AuthConfig::jwks(JwksSource(text).issuer("x")); });
  };
  for (const char* good :
       {"https://id.example/jwks", "https://id.example:8443", "http://127.0.0.1:8080/k",
        "http://127.9.9.9/k", "http://localhost/k", "http://[::1]:80/k"}) {
    EXPECT_EQ(url(good), "ok") << good;
  }
  for (const char* bad : {"http://id.example/jwks", "http://127.0.0.1.evil.example/",
                          "http://localhost.x/", "http://[::2]/", "http://0.0.0.0/"}) {
    EXPECT_NE(url(bad).find("Write https://"), std::string::npos) << bad;
  }
  for (const char* bad :
       {"", "id.example", "ftp://id.example/", "file:///etc/passwd", "https://", "https:///x",
        "https://user:password@id.example/", "http://127.0.0.1@evil.example/",
        "https://id.example/ x", "https://id.example/\n", "https://id.example\\x",
        "HTTPS://id.example/"}) {
    EXPECT_NE(url(bad).find("write scheme, host and path"), std::string::npos) << bad;
  }
  EXPECT_EQ(refusal([] {
              return AuthConfig::jwks(JwksSource("http://keys.internal/").issuer("x").allow_http());
            }),
            "ok");
}

TEST(JwksConfig, RefusesSettingsThatCannotBe) {
  const JwksSource good = JwksSource("https://x").issuer("x");
  const auto told = [](const JwksSource& source) {
    return refusal([&] { return AuthConfig::jwks(source); });
  };
  EXPECT_EQ(told(good), "ok");
  EXPECT_NE(told(JwksSource("https://x")).find("have no issuer"), std::string::npos);
  EXPECT_NE(told(JwksSource(good).algorithms({})).find("name algorithms"), std::string::npos);
  EXPECT_NE(
      told(JwksSource(good).algorithms({Algorithm::RS256, Algorithm::HS256})).find("are public"),
      std::string::npos);
  for (const JwksSource& bad :
       {JwksSource(good).cool_down(0ms), JwksSource(good).cool_down(11min),
        JwksSource(good).refresh_interval(25h), JwksSource(good).age_max(9000h),
        JwksSource(good).fetch_time(0ms), JwksSource(good).fetch_time(61s)}) {
    EXPECT_NE(told(bad).find("cannot be"), std::string::npos);
  }
  EXPECT_NE(refusal([&] { return AuthConfig::jwks({good, good}); }).find("two sources"),
            std::string::npos);
  EXPECT_NE(refusal([] { return AuthConfig::jwks(std::vector<JwksSource>{}); }).find("no source"),
            std::string::npos);
  EXPECT_NE(told(JwksSource(good).type_optional()).find("set audience"), std::string::npos);
  EXPECT_NE(refusal([&] {
              AuthConfig config = AuthConfig::jwks(good);
              config.issuer = "y";
              return config;
            }).find("issuer is set beside"),
            std::string::npos);
}

}  // namespace
}  // namespace microframe::authx
