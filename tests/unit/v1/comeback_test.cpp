// Whether and when a client comes back (docs/protocol.md, The end of a connection).
#include "v1/comeback.hpp"

#include <gtest/gtest.h>

namespace microframe::v1 {
namespace {

constexpr std::uint64_t kNow = 1'000'000;

Comeback fresh() {
  return Comeback(Comeback::Bounds{});
}

Advice advise(bool reconnect, std::uint64_t retry_ms) {
  Advice advice;
  advice.reconnect = reconnect;
  advice.retry_ms = retry_ms;
  return advice;
}

TEST(ComebackTest, TheCodeDecides) {
  for (const unsigned code : {1001, 1006, 1009, 1011, 1012, 1013, 4408}) {
    const auto verdict =
        fresh().after(ConnectionEnd(static_cast<std::uint16_t>(code), ""), std::nullopt, kNow, 0.5);
    EXPECT_TRUE(verdict.comes_back) << code;
    EXPECT_FALSE(verdict.fresh_token) << code;
    EXPECT_EQ(verdict.delay_ms, 250U) << code;
  }
  for (const unsigned code : {1000, 1002, 1003, 1007, 1008, 1010, 3000, 4000, 4403, 4409, 4999}) {
    EXPECT_FALSE(
        fresh()
            .after(ConnectionEnd(static_cast<std::uint16_t>(code), ""), std::nullopt, kNow, 0.5)
            .comes_back)
        << code;
  }
}

TEST(ComebackTest, E26_NoCodeAndAGatewaysCodeHealAsALostConnectionDoes) {
  for (const unsigned code : {0, 1005, 1014}) {
    const auto verdict =
        fresh().after(ConnectionEnd(static_cast<std::uint16_t>(code), ""), std::nullopt, kNow, 0.5);
    EXPECT_TRUE(verdict.comes_back) << code;
    EXPECT_EQ(verdict.delay_ms, 250U) << code;
  }
}

TEST(ComebackTest, E26_MessageThatWasTooBigIsNotTheEndWhateverTheServerAdvises) {
  const ConnectionEnd too_big(1009, "message too big");
  EXPECT_TRUE(fresh().after(too_big, std::nullopt, kNow, 0.5).comes_back);
  EXPECT_TRUE(fresh().after(too_big, advise(false, 0), kNow, 0.5).comes_back);
}

TEST(ComebackTest, E10_WhoSentTooMuchComesBackAfterSomeSeconds) {
  Comeback comeback = fresh();
  const ConnectionEnd too_many(4429, "too many messages");
  const auto first = comeback.after(too_many, std::nullopt, kNow, 0.5);
  EXPECT_TRUE(first.comes_back);
  EXPECT_EQ(first.delay_ms, 5'250U);
  EXPECT_EQ(comeback.after(too_many, advise(true, 0), kNow, 0.5).delay_ms, 5'500U)
      << "each time later";
  EXPECT_EQ(fresh().after(too_many, advise(true, 9'000), kNow, 0.5).delay_ms, 9'000U);
  EXPECT_FALSE(fresh().after(too_many, advise(false, 0), kNow, 0.5).comes_back);
}

TEST(ComebackTest, E37_AdviceToWaitForEverIsNotTaken) {
  const ConnectionEnd restart(1012, "");
  EXPECT_EQ(fresh().after(restart, advise(true, 1ULL << 52), kNow, 0.5).delay_ms, 3'600'000U);
}

TEST(ComebackTest, TheWaitIsBetweenNothingAndTwiceAsMuchEachTime) {
  Comeback comeback = fresh();
  const std::uint64_t most[] = {500, 1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000};
  for (const std::uint64_t ms : most) EXPECT_EQ(comeback.next_delay_ms(0.75), ms * 3 / 4);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(comeback.next_delay_ms(0.75), 22'500U);
  EXPECT_EQ(comeback.next_delay_ms(0), 0U);
}

TEST(ComebackTest, AConnectionThatHasLivedBeginsAnew) {
  Comeback comeback = fresh();
  const ConnectionEnd lost;
  EXPECT_EQ(comeback.after(lost, std::nullopt, kNow, 0.5).delay_ms, 250U);
  EXPECT_EQ(comeback.after(lost, std::nullopt, kNow, 0.5).delay_ms, 500U);
  comeback.welcomed(kNow);
  EXPECT_EQ(comeback.after(lost, std::nullopt, kNow + 4'999, 0.5).delay_ms, 1'000U)
      << "a server that welcomes and closes must not be asked without a pause";
  comeback.welcomed(kNow);
  EXPECT_EQ(comeback.after(lost, std::nullopt, kNow + 5'000, 0.5).delay_ms, 250U);
}

TEST(ComebackTest, ARefusedTokenIsReplacedOnceAndAtOnce) {
  Comeback comeback = fresh();
  const ConnectionEnd refused(4401, "unauthorized");
  const auto first = comeback.after(refused, std::nullopt, kNow, 0.5);
  EXPECT_TRUE(first.comes_back);
  EXPECT_TRUE(first.fresh_token);
  EXPECT_EQ(first.delay_ms, 0U);
  EXPECT_FALSE(comeback.after(refused, std::nullopt, kNow, 0.5).comes_back);
}

TEST(ComebackTest, AWelcomeInBetweenIsNoSecondRefusal) {
  Comeback comeback = fresh();
  const ConnectionEnd refused(4401, "expired");
  EXPECT_TRUE(comeback.after(refused, std::nullopt, kNow, 0.5).comes_back);
  comeback.welcomed(kNow);
  const auto soon = comeback.after(refused, std::nullopt, kNow + 100, 0.5);
  EXPECT_TRUE(soon.comes_back);
  EXPECT_EQ(soon.delay_ms, 500U) << "but not at once again";
}

TEST(ComebackTest, AStatusStandsForTheCodeOfTheSameMeaning) {
  ConnectionEnd end;
  end.status = 401;
  EXPECT_TRUE(fresh().after(end, std::nullopt, kNow, 0.5).fresh_token);
  end.status = 403;
  EXPECT_FALSE(fresh().after(end, std::nullopt, kNow, 0.5).comes_back);
  for (const unsigned status : {404U, 429U, 502U, 503U}) {
    end.status = status;
    EXPECT_TRUE(fresh().after(end, std::nullopt, kNow, 0.5).comes_back) << status;
  }
  end.retry_after_ms = 7'000;
  EXPECT_EQ(fresh().after(end, std::nullopt, kNow, 0.5).delay_ms, 7'250U);
}

TEST(ComebackTest, WhatTheServerAdvisesIsDone) {
  const ConnectionEnd restart(1012, "");
  EXPECT_EQ(fresh().after(restart, advise(true, 3'000), kNow, 0.5).delay_ms, 3'000U);
  EXPECT_FALSE(fresh().after(restart, advise(false, 0), kNow, 0.5).comes_back);
  EXPECT_TRUE(fresh().after(ConnectionEnd(4429, ""), advise(true, 1'000), kNow, 0.5).comes_back);
  EXPECT_TRUE(fresh().after(ConnectionEnd(4401, ""), advise(true, 0), kNow, 0.5).fresh_token);
  EXPECT_FALSE(fresh().after(ConnectionEnd(4401, ""), advise(false, 0), kNow, 0.5).comes_back);
}

TEST(ComebackTest, AdviceToComeBackAtOnceAgainAndAgainIsNotTaken) {
  Comeback comeback = fresh();
  const ConnectionEnd slow(4408, "");
  EXPECT_EQ(comeback.after(slow, advise(true, 0), kNow, 0.5).delay_ms, 0U);
  EXPECT_EQ(comeback.after(slow, advise(true, 0), kNow, 0.5).delay_ms, 500U);
  EXPECT_EQ(comeback.after(slow, advise(true, 9'000), kNow, 0.5).delay_ms, 9'000U);
}

}  // namespace
}  // namespace microframe::v1
