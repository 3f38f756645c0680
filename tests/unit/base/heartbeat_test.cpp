// The heartbeat of one peer, on a clock that the test turns.

#include "base/heartbeat.hpp"

#include <gtest/gtest.h>

namespace microframe::base {
namespace {

using Verdict = Heartbeat::Verdict;

constexpr Heartbeat::Timing kTiming{1000, 400};

TEST(HeartbeatTest, TheFirstPingFallsIntoTheSecondHalfOfTheInterval) {
  for (const double part : {0.0, 0.25, 0.5, 0.999}) {
    Heartbeat heartbeat;
    heartbeat.begin(5000, kTiming, part);
    EXPECT_GT(heartbeat.deadline_ms(kTiming), 5500U) << part;
    EXPECT_LE(heartbeat.deadline_ms(kTiming), 6000U) << part;
    EXPECT_EQ(heartbeat.check(5500, kTiming), Verdict::alive) << part;
    EXPECT_EQ(heartbeat.check(6000, kTiming), Verdict::ping) << part;
  }
}

TEST(HeartbeatTest, AQuietPeerIsPingedOnceAndThenGivenUp) {
  Heartbeat heartbeat;
  heartbeat.begin(0, kTiming, 0);
  EXPECT_EQ(heartbeat.check(999, kTiming), Verdict::alive);
  EXPECT_EQ(heartbeat.check(1000, kTiming), Verdict::ping);
  EXPECT_EQ(heartbeat.check(1000, kTiming), Verdict::alive);
  EXPECT_EQ(heartbeat.deadline_ms(kTiming), 1400U);
  EXPECT_EQ(heartbeat.check(1399, kTiming), Verdict::alive);
  EXPECT_EQ(heartbeat.check(1400, kTiming), Verdict::lost);
}

TEST(HeartbeatTest, AnyByteCountsAsLife) {
  Heartbeat heartbeat;
  heartbeat.begin(0, kTiming, 0);
  heartbeat.heard(900);
  EXPECT_EQ(heartbeat.check(1000, kTiming), Verdict::alive);  // it talks: no ping is needed
  EXPECT_EQ(heartbeat.check(1900, kTiming), Verdict::ping);
  heartbeat.heard(2299);
  EXPECT_EQ(heartbeat.check(2300, kTiming), Verdict::alive);
  EXPECT_EQ(heartbeat.deadline_ms(kTiming), 3299U);
}

TEST(HeartbeatTest, AnIntervalOfZeroIsNone) {
  Heartbeat heartbeat;
  heartbeat.begin(0, {}, 0.5);
  EXPECT_EQ(heartbeat.check(1'000'000'000, {}), Verdict::alive);
}

}  // namespace
}  // namespace microframe::base
