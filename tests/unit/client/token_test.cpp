// A client's tokens: how long one is good, and what the application's function may do.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/bytes.hpp"
#include "client/fetch_token.hpp"
#include "client/token_life.hpp"

namespace microframe::client {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

const Time kNow{std::chrono::seconds(1'000'000)};

// RFC 7519 §3.1: the parts of a JWT are base64url; only the middle one is read here.
std::string with_claims(const std::string& base64) {
  return "e30." + base64 + ".c2ln";
}

TEST(TokenLife, LastsUntilExp) {
  // {"exp":1000060}
  const std::string token = with_claims("eyJleHAiOjEwMDAwNjB9");
  EXPECT_EQ(good_for_ms(token, kNow), 60'000U);
  EXPECT_EQ(good_for_ms(token, kNow + 59s), 1'000U);
  EXPECT_EQ(good_for_ms(token, kNow + 60s), 0U);
  EXPECT_EQ(good_for_ms(token, kNow + 3600s), 0U) << "not below zero";
}

TEST(TokenLife, ExpMayHaveAFraction) {
  // {"exp":1000000.5}
  EXPECT_EQ(good_for_ms(with_claims("eyJleHAiOjEwMDAwMDAuNX0"), kNow), 500U);
}

TEST(TokenLife, ExpThatNoClockReachesIsFarAway) {
  // {"exp":1e300}, {"exp":-1}
  EXPECT_GT(good_for_ms(with_claims("eyJleHAiOjFlMzAwfQ"), kNow), 1'000'000'000'000U);
  EXPECT_EQ(good_for_ms(with_claims("eyJleHAiOi0xfQ"), kNow), 0U);
}

TEST(TokenLife, IsUnknownWhereThereIsNoExpToRead) {
  for (const std::string& token :
       {std::string(), std::string("opaque"), std::string("a.b"), with_claims(""),
        with_claims("e30"),                      // {}
        with_claims("W10"),                      // []
        with_claims("eyJleHAiOiIxMDAwMDYwIn0"),  // {"exp":"1000060"}
        with_claims("eyJleHAiOjEwMDAwNjB9="),    // padded, which base64url is not
        with_claims("!"), with_claims("eyJleHAi")}) {
    EXPECT_EQ(good_for_ms(token, kNow), std::nullopt) << token;
  }
}

TEST(FetchToken, GivesWhatTheApplicationReturns) {
  const FetchedToken fetched = fetch_token([] { return std::string("a.b.c"); });
  EXPECT_EQ(fetched.token, "a.b.c");
  EXPECT_EQ(fetched.failure, "");
  EXPECT_EQ(fetch_token([] { return std::string(); }).failure, "") << "no token is needed";
}

TEST(FetchToken, TellsWhatTheApplicationThrows) {
  EXPECT_EQ(fetch_token([]() -> std::string { throw std::runtime_error("no network"); }).failure,
            "no network");
  EXPECT_EQ(fetch_token([]() -> std::string { throw std::runtime_error(""); }).failure,
            "it could not be had");
  EXPECT_EQ(fetch_token([]() -> std::string { throw 5; }).failure,  // NOLINT
            "it could not be had");
}

TEST(FetchToken, RefusesATokenThatCouldEndItsHeaderField) {
  for (const char* bad : {"a\r\nX: y", "a b", "a\x7F", "\xC3\xA9", "a\t"})
    EXPECT_EQ(fetch_token([bad] { return std::string(bad); }).failure,
              "it holds a character that no token has")
        << bad;
}

}  // namespace
}  // namespace microframe::client
