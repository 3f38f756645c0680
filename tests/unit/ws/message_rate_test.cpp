// How many messages a peer may send, and what becomes of one that sends more.

#include "ws/message_rate.hpp"

#include <gtest/gtest.h>

namespace microframe::ws {
namespace {

using Verdict = MessageRate::Verdict;

constexpr std::uint64_t kNow = 1'000'000;

// returns: how many of `messages` at that time are within the rate.
int within(MessageRate& rate, const MessageRate::Rule& rule, std::uint64_t now_ms, int messages) {
  int count = 0;
  for (int i = 0; i < messages; ++i) count += rate.count(rule, now_ms) == Verdict::within ? 1 : 0;
  return count;
}

TEST(MessageRate, ABurstIsWithinIt) {
  MessageRate rate(kNow);
  EXPECT_EQ(within(rate, {100, 200, 5'000}, kNow, 200), 200);
  EXPECT_EQ(rate.count({100, 200, 5'000}, kNow), Verdict::over);
}

TEST(MessageRate, InTheLongRunASteadyPeerAtTheRateIsWithinIt) {
  MessageRate rate(kNow);
  for (int i = 0; i < 100'000; ++i)
    ASSERT_EQ(rate.count({100, 2, 0}, kNow + 10 * static_cast<std::uint64_t>(i)), Verdict::within)
        << i;
}

TEST(MessageRate, A10_WhoeverIsOverItWaitsAsLongAsTheMessagesTake) {
  const MessageRate::Rule rule{100, 200, 5'000};
  MessageRate rate(kNow);
  within(rate, rule, kNow, 250);
  EXPECT_EQ(rate.wait_ms(rule, kNow), 510U);
  EXPECT_EQ(rate.wait_ms(rule, kNow + 500), 10U);
  EXPECT_EQ(rate.wait_ms(rule, kNow + 510), 0U);
  EXPECT_EQ(rate.count(rule, kNow + 510), Verdict::within);
  EXPECT_EQ(rate.count(rule, kNow + 510), Verdict::over);
}

TEST(MessageRate, A10_AFloodThatGoesOnIsToldFromABurst) {
  const MessageRate::Rule rule{100, 200, 5'000};
  MessageRate rate(kNow);
  within(rate, rule, kNow, 200);
  for (std::uint64_t ms = 0; ms <= 5'000; ms += 10)
    ASSERT_NE(rate.count(rule, kNow + ms), Verdict::flood) << ms;
  rate.count(rule, kNow + 5'001);
  EXPECT_EQ(rate.count(rule, kNow + 5'001), Verdict::flood);
}

TEST(MessageRate, A10_WhoeverHasBeenQuietInBetweenIsNoFlood) {
  const MessageRate::Rule rule{100, 200, 3'000};
  MessageRate rate(kNow);
  std::uint64_t now_ms = kNow;
  for (int round = 0; round < 50; ++round, now_ms += 3'000) {
    for (int i = 0; i < 250; ++i) ASSERT_NE(rate.count(rule, now_ms), Verdict::flood) << round;
  }
}

TEST(MessageRate, A10_WhatAStallHasHeldUpMayComeAtOnce) {
  const MessageRate::Rule rule{100, 200, 5'000};
  MessageRate rate(kNow);
  // Nothing is heard for 10 s, in which the peer has sent 50 messages a second.
  std::uint64_t now_ms = kNow + 10'000;
  EXPECT_EQ(within(rate, rule, now_ms, 250), 250);
  now_ms += 80;  // a round trip later
  EXPECT_EQ(within(rate, rule, now_ms, 250), 250);
  for (int i = 0; i < 1'000; ++i) {
    now_ms += 20;
    ASSERT_EQ(rate.count(rule, now_ms), Verdict::within) << "and goes on as before";
  }
}

TEST(MessageRate, A10_WhatMayComeAfterAStallIsNoCreditForLater) {
  const MessageRate::Rule rule{100, 200, 5'000};
  MessageRate rate(kNow);
  rate.count(rule, kNow + 60'000);
  EXPECT_EQ(within(rate, rule, kNow + 61'500, 1'000), 350) << "of a second and a half, and a burst";
}

TEST(MessageRate, AStallCountsForTenSecondsAtMost) {
  const MessageRate::Rule rule{100, 200, 5'000};
  MessageRate rate(kNow);
  EXPECT_EQ(within(rate, rule, kNow + 3'600'000, 5'000), 1'200);
}

TEST(MessageRate, WithoutTimeToOverrunTheNextMessageIsAFlood) {
  MessageRate rate(kNow);
  EXPECT_EQ(within(rate, {100, 3, 0}, kNow, 3), 3);
  EXPECT_EQ(rate.count({100, 3, 0}, kNow), Verdict::flood);
}

TEST(MessageRate, WhoeverWouldHaveToWaitForTooLongIsAFlood) {
  MessageRate rate(kNow);
  EXPECT_EQ(within(rate, {0.001, 3, 5'000}, kNow, 3), 3);
  EXPECT_EQ(rate.count({0.001, 3, 5'000}, kNow), Verdict::flood);
}

}  // namespace
}  // namespace microframe::ws
