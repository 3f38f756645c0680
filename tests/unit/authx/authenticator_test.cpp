// Where a handshake carries its token, and what decides. design: Authentication; scenarios 24, 25;
// RFC 6265, RFC 6454.

#include "authx/authenticator.hpp"

#include <gtest/gtest.h>

#include "authx/cookies.hpp"
#include "authx/origin.hpp"
#include "authx/query.hpp"
#include "support/forge.hpp"

namespace microframe::authx {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

const AuthConfig kConfig(std::string(32, 's'));
const std::string kAlice = create_access_token(kConfig, "alice", {}, kNow);
const std::string kBob = create_access_token(kConfig, "bob", {}, kNow);

// A handshake, whose text it owns.
struct Handshake {
  std::string query = {};
  std::vector<std::string> cookies = {};
  std::string authorization = {};
  std::vector<std::string> subprotocols = {};
  std::optional<std::string> origin = {};
  std::string host = "app.example";
};

// "alice", or "unauthenticated: why", or "forbidden: why".
std::string who(const Handshake& handshake, const AuthConfig& config = kConfig) {
  Presented presented;
  presented.query = handshake.query;
  presented.cookies.assign(handshake.cookies.begin(), handshake.cookies.end());
  presented.authorization = handshake.authorization;
  presented.subprotocols.assign(handshake.subprotocols.begin(), handshake.subprotocols.end());
  if (handshake.origin) presented.origin = *handshake.origin;
  presented.host = handshake.host;
  const auto identity = Authenticator(config).authenticate(presented, kNow);
  if (identity) return identity->user();
  const Refused& refused = identity.error();
  return (refused.kind == Refused::Kind::forbidden_origin ? "forbidden: " : "unauthenticated: ") +
         refused.detail;
}

TEST(Carriers, C20_IatMayBeAheadByTheLeewayAndNoMore) {
  AuthConfig config = kConfig;
  const auto judged = [&](int ahead) {
    return who(
        {.query = "token=" + forge(config, kHeader,
                                   R"({"sub":"alice","type":"access","exp":1800000900,"iat":)" +
                                       std::to_string(1800000000 + ahead) + "}")},
        config);
  };
  const std::string refused =
      "unauthenticated: token issued in the future (its iat is ahead of this clock by more than "
      "the "
      "leeway) in query";
  EXPECT_EQ(judged(0), "alice");
  EXPECT_EQ(judged(1), refused);
  config.leeway = std::chrono::seconds(30);
  EXPECT_EQ(judged(30), "alice");
  EXPECT_EQ(judged(31), refused);
}

TEST(Carriers, B18_ACookieWithoutOriginIsTakenOnlyWhereThatIsSaid) {
  AuthConfig config = kConfig;
  const std::vector<std::string> cookies = {"access_token=" + kAlice};
  EXPECT_EQ(who({.cookies = cookies}, config), "forbidden: cookie from a forbidden origin");
  config.cookie_without_origin = true;
  EXPECT_EQ(who({.cookies = cookies}, config), "alice");
  EXPECT_EQ(who({.cookies = cookies, .origin = "https://evil.example"}, config),
            "forbidden: cookie from a forbidden origin");
  EXPECT_EQ(who({.cookies = cookies, .origin = "null"}, config),
            "forbidden: cookie from a forbidden origin");
}

TEST(Carriers, C21_ByTlsAPlainOriginIsNotTheServersOwn) {
  EXPECT_TRUE(origin_allowed("https://app.example", "app.example", {}, Transport::tls));
  EXPECT_TRUE(origin_allowed("https://app.example", "app.example:443", {}, Transport::tls));
  EXPECT_FALSE(origin_allowed("http://app.example", "app.example", {}, Transport::tls));
  EXPECT_TRUE(origin_allowed("http://app.example", "app.example", {}));
  const std::string listed[] = {"http://app.example"};
  EXPECT_TRUE(origin_allowed("http://app.example", "app.example", listed, Transport::tls));
}

TEST(Carriers, ReadsTheTokenFromEachCarrier) {
  EXPECT_EQ(who({.query = "token=" + kAlice}), "alice");
  EXPECT_EQ(who({.query = "x=1&token=" + kAlice + "&y=2"}), "alice");
  EXPECT_EQ(who({.cookies = {"access_token=" + kAlice}, .origin = "https://app.example"}), "alice");
  EXPECT_EQ(
      who({.cookies = {"a=b; access_token=" + kAlice + "; c=d"}, .origin = "http://app.example"}),
      "alice");
  EXPECT_EQ(who({.subprotocols = {"token." + kAlice}}), "alice");
  EXPECT_EQ(who({.subprotocols = {"microframe.v1", "token." + kAlice}}), "alice");
  EXPECT_EQ(who({.authorization = "Bearer " + kAlice}), "alice");
  EXPECT_EQ(who({.authorization = "bearer   " + kAlice}), "alice");
}

TEST(Carriers, FindsNoTokenInUnrelatedFields) {
  for (const Handshake& none :
       {Handshake{}, Handshake{.query = "token="}, Handshake{.query = "tokens=" + kAlice},
        Handshake{.query = "TOKEN=" + kAlice}, Handshake{.cookies = {"access_token="}},
        Handshake{.cookies = {"refresh_token=" + kAlice}}, Handshake{.subprotocols = {"token."}},
        Handshake{.subprotocols = {"Token." + kAlice}},
        Handshake{.authorization = "Basic " + kAlice}, Handshake{.authorization = kAlice},
        Handshake{.authorization = "Bearer "}}) {
    EXPECT_EQ(who(none), "unauthenticated: no token");
  }
}

TEST(Carriers, TheFirstThatIsPresentDecidesAndTheOthersAreNoted) {  // scenario 24, fault 15
  const Handshake all = {.query = "token=" + kAlice,
                         .cookies = {"access_token=" + kBob},
                         .authorization = "Bearer " + kBob,
                         .subprotocols = {"token." + kBob}};
  EXPECT_EQ(who(all), "alice");
  EXPECT_EQ(who({.query = "token=bad", .authorization = "Bearer " + kAlice}),
            "unauthenticated: malformed token in query; another token in bearer, decided by query");
  EXPECT_EQ(who({.authorization = "Bearer " + kBob, .subprotocols = {"token." + kAlice}}), "alice");
  EXPECT_EQ(who({.cookies = {"access_token=" + kAlice},
                 .subprotocols = {"token." + kBob},
                 .origin = "https://app.example"}),
            "alice");
}

TEST(Carriers, AWronglyEncodedParameterCountsAsPresent) {
  EXPECT_EQ(who({.query = "token=%zz", .authorization = "Bearer " + kAlice}),
            "unauthenticated: malformed token in query; another token in bearer, decided by query");
}

TEST(Carriers, NamesAndOrderAreConfigurable) {
  AuthConfig config = kConfig;
  config.sources = {{TokenSource::Carrier::bearer}, {TokenSource::Carrier::query, "jwt"}};
  EXPECT_EQ(who({.query = "jwt=" + kAlice, .authorization = "Bearer " + kBob}, config), "bob");
  EXPECT_EQ(who({.query = "jwt=" + kAlice}, config), "alice");
  EXPECT_EQ(who({.query = "token=" + kAlice}, config), "unauthenticated: no token");
}

TEST(Carriers, F14_OnlyThePrefixIsTakenOff) {
  AuthConfig config = kConfig;
  config.sources = {{TokenSource::Carrier::subprotocol, "ey"}};
  // A token begins with "ey" and may hold it again: with the prefix itself in front, all of it must
  // survive.
  EXPECT_EQ(who({.subprotocols = {"ey" + kAlice}}, config), "alice");
}

// Every kind of bad token, in every carrier: (kAlice's neighbours) x (where it stands).
struct BadToken {
  const char* name;
  std::string token;
  const char* detail;
};
const BadToken kBadTokens[] = {
    {"expired", create_access_token(kConfig, "alice", {}, kNow - 15min), "token expired"},
    {"refresh", create_refresh_token(kConfig, "alice", {}, kNow), "token of another type"},
    {"of_another_key", create_access_token(AuthConfig(std::string(32, 't')), "alice", {}, kNow),
     "bad signature"},
    {"none",
     microframe::base::base64url_encode(R"({"alg":"none"})") + "." +
         microframe::base::base64url_encode(kClaims) + ".",
     "token of another algorithm"},
    {"of_another_algorithm",
     create_access_token(AuthConfig(kSecret, Algorithm::HS512), "alice", {}, kNow),
     "token of another algorithm"},
    {"unsigned", kAlice.substr(0, kAlice.rfind('.') + 1), "bad signature"},
    {"cut", kAlice.substr(0, kAlice.rfind('.')), "malformed token"},
    {"garbage", "garbage", "malformed token"},
    {"too_long", std::string(TokenCodec::kTokenBytesMax + 1, 'a'), "malformed token"},
    {"with_jku", forge(kConfig, R"({"alg":"HS256","jku":"http://127.0.0.1/"})", kClaims),
     "forbidden token header"},
    {"without_sub", forge(kConfig, kHeader, R"({"type":"access","exp":1800000900})"),
     "bad claims: sub"},
};

struct Place {
  const char* name;
  Handshake (*with)(const std::string& token);
};
const Place kPlaces[] = {
    {"query", [](const std::string& token) { return Handshake{.query = "token=" + token}; }},
    {"cookie",
     [](const std::string& token) {
       return Handshake{.cookies = {"access_token=" + token}, .origin = "https://app.example"};
     }},
    {"subprotocol",
     [](const std::string& token) {
       return Handshake{.subprotocols = {"microframe.v1", "token." + token}};
     }},
    {"bearer",
     [](const std::string& token) { return Handshake{.authorization = "Bearer " + token}; }},
};

class EveryCarrier : public testing::TestWithParam<std::tuple<Place, BadToken>> {};

TEST_P(EveryCarrier, RefusesABadToken) {
  const auto& [place, bad] = GetParam();
  EXPECT_EQ(who(place.with(bad.token)), "unauthenticated: "s + bad.detail + " in " + place.name);
}

INSTANTIATE_TEST_SUITE_P(Carriers, EveryCarrier,
                         testing::Combine(testing::ValuesIn(kPlaces),
                                          testing::ValuesIn(kBadTokens)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param).name) + "_" +
                                  std::get<1>(tested.param).name;
                         });

TEST(Carriers, NoDetailHoldsTheToken) {
  for (const Handshake& bad :
       {Handshake{.query = "token=" + kAlice + "x"},
        Handshake{.authorization = "Bearer " + kAlice + "x"},
        Handshake{.cookies = {"access_token=" + kAlice + "x"}, .origin = "https://app.example"}}) {
    EXPECT_EQ(who(bad).find(kAlice.substr(0, 20)), std::string::npos);
  }
}

TEST(Origin, ACookieNeedsAnAllowedOrigin) {  // scenario 25, fault 12
  const auto from = [](std::optional<std::string> origin) {
    return who({.cookies = {"access_token=" + kAlice}, .origin = std::move(origin)});
  };
  EXPECT_EQ(from("https://app.example"), "alice");
  EXPECT_EQ(from("HTTPS://APP.EXAMPLE"), "alice");
  for (const char* bad :
       {"https://evil.example", "null", "", "https://app.example.evil.example",
        "https://evilapp.example", "https://app.example:444", "https://app.example@evil.example",
        "app.example", "file://app.example", "https://app.example/", "https://app.exampl",
        "https://", "chrome-extension://app.example"}) {
    EXPECT_EQ(from(bad), "forbidden: cookie from a forbidden origin") << bad;
  }
  EXPECT_EQ(from(std::nullopt), "forbidden: cookie from a forbidden origin");
}

TEST(Origin, AListReplacesTheServersOwnOrigin) {
  AuthConfig config = kConfig;
  config.allowed_origins = {"https://web.example", "http://localhost:3000"};
  const auto from = [&](const char* origin) {
    return who({.cookies = {"access_token=" + kAlice}, .origin = origin}, config);
  };
  EXPECT_EQ(from("https://web.example"), "alice");
  EXPECT_EQ(from("http://localhost:3000"), "alice");
  EXPECT_EQ(from("https://app.example").substr(0, 9), "forbidden");
  EXPECT_EQ(from("http://web.example").substr(0, 9), "forbidden");
}

TEST(Origin, DoesNotMatterToATokenThatABrowserDoesNotAddByItself) {
  EXPECT_EQ(who({.query = "token=" + kAlice, .origin = "https://evil.example"}), "alice");
  EXPECT_EQ(who({.authorization = "Bearer " + kAlice, .origin = "null"}), "alice");
}

TEST(Origin, AMissingHostAllowsNothing) {
  EXPECT_FALSE(origin_allowed("https://", "", {}));
  EXPECT_FALSE(origin_allowed("https://", ":443", {}));
  EXPECT_FALSE(origin_allowed("https://app.example", "", {}));
}

TEST(Origin, LeavesItsSchemesOwnPortOut) {  // RFC 6454 §4
  EXPECT_TRUE(origin_allowed("https://app.example", "app.example:443", {}));
  EXPECT_TRUE(origin_allowed("http://app.example", "app.example:80", {}));
  EXPECT_TRUE(origin_allowed("http://[::1]:8000", "[::1]:8000", {}));
  EXPECT_FALSE(origin_allowed("http://app.example", "app.example:443", {}));
  EXPECT_FALSE(origin_allowed("https://app.example", "app.example:80", {}));
  EXPECT_FALSE(origin_allowed("https://app.example:8443", "app.example:443", {}));
}

TEST(Origin, NullIsNeverAllowedEvenIfListed) {
  const std::string list[] = {"null"};
  EXPECT_FALSE(origin_allowed("null", "app.example", list));
}

TEST(Cookies, AreReadAsRfc6265Says) {
  const auto find = [](std::vector<std::string_view> fields, std::string_view name) {
    return std::string(find_cookie(fields, name).value_or("(none)"));
  };
  EXPECT_EQ(find({"a=1; b=2"}, "b"), "2");
  EXPECT_EQ(find({"a=1;b=2"}, "b"), "2");
  EXPECT_EQ(find({"a=1", "b=2"}, "b"), "2");
  EXPECT_EQ(find({"a=1; a=2"}, "a"), "1");
  EXPECT_EQ(find({"a=\"1\""}, "a"), "1");
  EXPECT_EQ(find({"a=\""}, "a"), "\"");
  EXPECT_EQ(find({"a=b=c"}, "a"), "b=c");
  EXPECT_EQ(find({"a="}, "a"), "");
  EXPECT_EQ(find({"A=1"}, "a"), "(none)");
  EXPECT_EQ(find({"aa=1; xa=2"}, "a"), "(none)");
  EXPECT_EQ(find({"a; =; ;;a=1"}, "a"), "1");
  EXPECT_EQ(find({""}, "a"), "(none)");
}

TEST(Query, IsPercentDecoded) {
  EXPECT_EQ(find_parameter("token=a%2Eb", "token"), "a.b");
  EXPECT_EQ(find_parameter("token=a+b", "token"), "a+b");
  EXPECT_EQ(find_parameter("token", "token"), "");
  EXPECT_EQ(find_parameter("a=1&token=x&token=y", "token"), "x");
  for (const char* stray : {"%", "%4", "%zz", "a%", "%%41%2"}) {
    EXPECT_TRUE(find_parameter("token=" + std::string(stray), "token"))
        << stray;  // present, so it decides
  }
  EXPECT_EQ(find_parameter("token=%%41%2", "token"), "%A%2");
  EXPECT_EQ(find_parameter("token=%41%2e", "token"), "A.");
  EXPECT_FALSE(find_parameter("", "token"));
  EXPECT_FALSE(find_parameter("&&=&", "token"));
}

TEST(Subprotocol, RecognizesACarrierOfATokenByItsPrefix) {
  const Authenticator authenticator(kConfig);
  EXPECT_TRUE(authenticator.carries_token("token.x"));
  EXPECT_FALSE(authenticator.carries_token("microframe.v1"));
}

}  // namespace
}  // namespace microframe::authx
