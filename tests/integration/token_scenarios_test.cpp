// Tokens that peers will forge, each refused on a real socket before any hook runs: scenarios 13
// to 17, 22 and 23, RFC 8725. The tables of every form are in tests/unit/authx. After them, what
// a valid token brings, and how it ends: scenarios 24 to 26.

#include <chrono>

#include "net/listener.hpp"
#include "support/forge.hpp"
#include "support/keys.hpp"
#include "support/scenario.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using authx::Algorithm;
using authx::AuthConfig;
using authx::forge;
using authx::kHeader;
using microframe::base::base64url_encode;
using test::EchoChat;
using test::RawClient;
using test::Scenario;
using test::upgrade_request;

std::string seconds_from_now(std::chrono::seconds offset) {
  const auto then = std::chrono::system_clock::now() + offset;
  return std::to_string(std::chrono::floor<std::chrono::seconds>(then).time_since_epoch().count());
}

class TokenScenario : public Scenario {
 protected:
  // Each token is refused for this reason alone: a valid token beside it is accepted.
  void expect_all_refused(const std::vector<std::string>& bad, const std::string& good,
                          const std::string& path = "/ws") {
    expect_rejected("unauthenticated", static_cast<int>(bad.size()));
    const int connects = echo.connects;
    for (const std::string& each : bad) {
      SCOPED_TRACE(each.substr(0, 200));
      expect_refused(each, path);
    }
    EXPECT_EQ(echo.connects, connects);
    RawClient made = raw();
    made.send(upgrade_request(path + "?token=" + good));
    EXPECT_EQ(made.read_status(), 101U);
    made.send_text("good");
    EXPECT_EQ(made.read_text(), "good");
  }
  // The claims that every token needs, valid for a quarter of an hour.
  static std::string claims(const std::string& more = {}) {
    return R"({"sub":"eve","type":"access","exp":)" + seconds_from_now(15min) + more + "}";
  }
  std::string with_header(const std::string& header) const { return forge(auth, header, claims()); }
  std::string with_claims(const std::string& text) const { return forge(auth, kHeader, text); }
};

TEST_F(TokenScenario, S13_MissingExpiredGarbageAndRefreshTokensAreRefused) {
  begin();
  const auto an_hour_ago = std::chrono::system_clock::now() - 1h;
  expect_all_refused(
      {"", "garbage", "a.b.c", authx::create_access_token(auth, "eve", {}, an_hour_ago),
       authx::create_refresh_token(auth, "eve"),
       authx::create_access_token(AuthConfig(std::string(32, 'x')), "eve")},
      token("alice"));
}

TEST_F(TokenScenario, S14_NoneInAnyCaseIsRefused) {
  begin();
  std::vector<std::string> bad;
  for (const char* none : {"none", "None", "NONE", "nOnE"}) {
    const std::string header = R"({"alg":")"s + none + R"(","typ":"JWT"})";
    bad.push_back(authx::join(header, claims()) + ".");
    bad.push_back(with_header(header));
  }
  expect_all_refused(bad, with_header(std::string(kHeader)));
}

TEST_F(TokenScenario, S15_Hs256WithTheRsaPublicKeyIsRefused) {  // CVE-2024-33663
  const test::KeyPair pair = test::rsa_key();
  app.route<EchoChat>("/rs", AuthConfig::verify_only(Algorithm::RS256, pair.public_pem));
  begin();
  std::vector<std::string> bad;
  for (const std::string& secret : {pair.public_pem, pair.public_der}) {
    const std::string input = authx::join(kHeader, claims());
    bad.push_back(input + "." +
                  microframe::base::base64url_encode(test::hmac_sha256(secret, input)));
  }
  expect_all_refused(
      bad, authx::create_access_token(AuthConfig(pair.private_pem, Algorithm::RS256), "alice"),
      "/rs");
}

TEST_F(TokenScenario, S16_Es256SignaturesOfZerosOrOfWrongLengthAreRefused) {  // CVE-2022-21449
  const test::KeyPair pair = test::ec_key("P-256");
  const AuthConfig signs =
      AuthConfig::key_pair(Algorithm::ES256, pair.private_pem, pair.public_pem);
  app.route<EchoChat>("/es", AuthConfig::verify_only(Algorithm::ES256, pair.public_pem));
  begin();
  const std::string input = authx::join(R"({"alg":"ES256"})", claims());
  const std::string good = authx::make_signer(signs)->sign(input);
  const std::string zeros(32, '\0');
  std::vector<std::string> bad;
  for (const std::string& signature :
       {zeros + zeros, zeros + good.substr(32), good.substr(0, 32) + zeros, ""s, good.substr(1),
        good.substr(0, 63), good + good.substr(0, 1), good + good, std::string(63, '\0'),
        test::ecdsa_der(good)}) {
    bad.push_back(input + "." + microframe::base::base64url_encode(signature));
  }
  expect_all_refused(bad, input + "." + microframe::base::base64url_encode(good), "/es");
}

TEST_F(TokenScenario, S17_AHeaderThatNamesBringsOrFetchesAKeyIsRefusedAndNothingIsFetched) {
  auto sockets = net::open_listen_sockets(net::parse_address("127.0.0.1:0"), 1);
  const std::string url = "http://127.0.0.1:" + std::to_string(sockets.front().port()) + "/keys";
  begin();
  std::vector<std::string> bad;
  for (const std::string& member :
       {R"("kid":"../../../../dev/null")"s, R"("kid":"/dev/null")"s,
        R"("kid":"keys/../../secret")"s, R"("kid":"' UNION SELECT 'x"--")"s,
        R"("kid":"1; DROP TABLE keys")"s, R"("kid":"|/bin/true")"s, R"("jku":")" + url + R"(")",
        R"("x5u":")" + url + R"(")",
        R"("jwk":{"kty":"oct","k":")" + microframe::base::base64url_encode(auth.secret_key) +
            R"("})",
        R"("crit":["exp"])"s, R"("crit":["unheard-of"],"unheard-of":true)"s}) {
    bad.push_back(with_header(R"({"alg":"HS256",)" + member + "}"));
  }
  expect_all_refused(bad, with_header(R"({"alg":"HS256","kid":"key-1"})"));
  pollfd fetched{sockets.front().fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&fetched, 1, 150), 0);
}

TEST_F(TokenScenario, S22_ExpMissingOrMisshapenAndNbfAheadAreRefused) {
  begin();
  const auto exp = [](const std::string& value) {
    return R"({"sub":"eve","type":"access","exp":)" + value + "}";
  };
  expect_all_refused(
      {with_claims(R"({"sub":"eve","type":"access"})"),
       with_claims(exp(seconds_from_now(-15min) + ".5")), with_claims(exp("1.7e9")),
       with_claims(exp("\"" + seconds_from_now(15min) + "\"")),
       with_claims(exp("9223372036854775808")), with_claims(exp("1e30")), with_claims(exp("null")),
       with_claims(exp("-1")), with_claims(claims(R"(,"nbf":)" + seconds_from_now(10min)))},
      with_claims(claims(R"(,"nbf":)" + seconds_from_now(-10min))));
}

TEST_F(TokenScenario, S23_WrongAudIssAndTypAndDuplicateMembersAreRefused) {
  AuthConfig strict = auth;
  strict.issuer = "us";
  strict.audience = "chat";
  app.route<EchoChat>("/strict", strict);
  begin();
  const auto for_whom = [&](const std::string& iss, const std::string& aud) {
    return with_claims(claims(R"(,"iss":)" + iss + R"(,"aud":)" + aud));
  };
  const std::string ours = claims(R"(,"iss":"us","aud":"chat")");
  expect_all_refused({with_claims(claims()), for_whom(R"("them")", R"("chat")"),
                      for_whom(R"(["us"])", R"("chat")"), for_whom(R"("us")", R"("mail")"),
                      for_whom(R"("us")", R"(["mail"])"), for_whom(R"("us")", "[]"),
                      forge(auth, R"({"alg":"HS256","typ":"secevent+jwt"})", ours),
                      forge(auth, R"({"alg":"HS256","typ":1})", ours),
                      forge(auth, R"({"alg":"HS256","alg":"HS256"})", ours),
                      with_claims(claims(R"(,"iss":"us","aud":"chat","sub":"mallory")")),
                      with_claims(claims(R"(,"iss":"us","aud":"chat","s\u0075b":"mallory")"))},
                     with_claims(ours), "/strict");
}

// As deep as fits into a token, and deeper. Without the nesting the token would be valid. The CPU
// time includes the client's own.
TEST_F(TokenScenario, S23_DeepNestingIsRefusedAtOnce) {
  constexpr int kRuns = 10;
  limits.head_bytes_max = 512 * 1024;
  begin();
  expect_rejected("unauthenticated", 3 * kRuns);
  const auto nested = [&](std::size_t depth) {
    return R"(,"x":)" + std::string(depth, '[') + std::string(depth, ']');
  };
  const std::string deep_header = R"({"alg":"HS256")" + nested(2'500) + "}";
  for (const std::string& bad :
       {with_claims(claims(nested(100'000))), with_claims(claims(nested(2'500))),
        forge(auth, deep_header, claims())}) {
    const auto cpu = test::least_cpu(kRuns, [&] { expect_refused(bad); });
    EXPECT_LT(cpu, test::kAtOnceCpu);
  }
}

// --- valid tokens ---

TEST_F(Scenario, S24_TheOrderDecidesBetweenDifferentTokens) {
  begin();
  RawClient made = raw();
  made.send(upgrade_request("/ws?token=" + token("alice"),
                            "Authorization: Bearer " + token("bob") + "\r\n"));
  EXPECT_EQ(made.read_status(), 101U);
  eventually([&] { return echo.is_connected("alice"); });
  EXPECT_FALSE(echo.is_connected("bob"));
}

TEST_F(Scenario, S25_ACookieFromAForeignOriginIs403) {
  begin();
  expect_rejected("forbidden_origin", 5);
  const std::string cookie = "Cookie: access_token=" + token("alice") + "\r\n";
  for (const char* origin : {"https://evil.example", "null", "https://app.example.evil.example",
                             "https://xapp.example"}) {
    EXPECT_EQ(status_of(upgrade_request("/ws", cookie + "Origin: " + origin + "\r\n")), 403U)
        << origin;
  }
  EXPECT_EQ(status_of(upgrade_request("/ws", cookie)), 403U);
}

TEST_F(Scenario, AuthRefusalByHttpIs401BeforeTheUpgrade) {
  authx::AuthConfig strict = auth;
  strict.auth_refusal = authx::AuthRefusal::http;
  app.route<EchoChat>("/strict", strict);
  begin();
  expect_rejected("unauthenticated");
  EXPECT_EQ(status_of(upgrade_request("/strict?token=bad")), 401U);
}

TEST_F(Scenario, S26_AFreshTokenOfTheSameUserExtendsASession) {
  app.route<test::RefreshChat>("/refresh", auth);
  begin();
  expect_rejected("token_expired");
  RawClient kept = raw();
  kept.send(upgrade_request("/refresh?token=" + token("alice", Options().ttl(2s))));
  EXPECT_EQ(kept.read_status(), 101U);
  kept.send_text(R"({"token":")" + token("bob") + R"("})");
  EXPECT_EQ(kept.read_text(), R"({"good":false})");
  kept.send_text(R"({"token":"garbage"})");
  EXPECT_EQ(kept.read_text(), R"({"good":false})");
  kept.send_text(R"({"token":")" + token("alice") + R"("})");
  EXPECT_EQ(kept.read_text(), R"({"good":true})");
  RawClient lost = raw();
  const std::string short_lived = token("alice", Options().ttl(2s));
  lost.send(upgrade_request("/refresh?token=" + short_lived));
  EXPECT_EQ(lost.read_status(), 101U);
  EXPECT_EQ(lost.read_close(), 4401U);  // as the first one would, if not refreshed
  expect_ended_with(short_lived);
  EXPECT_TRUE(kept.silent());
}

}  // namespace
}  // namespace microframe
