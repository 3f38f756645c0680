// The heartbeat of one peer, on a clock that the test turns.

#include "base/heartbeat.hpp"

#include <gtest/gtest.h>

namespace microframe::base {
namespace {

using Verdict = Heartbeat::Verdict;

constexpr Heartbeat::Timing kTiming{1000, 400};

TEST(Heartbeat, FirstPingFallsIntoTheSecondHalfOfTheInterval) {
  for (const double part : {0.0, 0.25, 0.5, 0.999}) {
    Heartbeat heartbeat;
    heartbeat.begin(5000, kTiming, part);
    EXPECT_GT(heartbeat.deadline_ms(kTiming), 5500U) << part;
    EXPECT_LE(heartbeat.deadline_ms(kTiming), 6000U) << part;
    EXPECT_EQ(heartbeat.check(5500, kTiming), Verdict::alive) << part;
    EXPECT_EQ(heartbeat.check(6000, kTiming), Verdict::ping) << part;
  }
}

TEST(Heartbeat, SilentPeerIsPingedOnceAndThenLost) {
  Heartbeat heartbeat;
  heartbeat.begin(0, kTiming, 0);
  EXPECT_EQ(heartbeat.check(999, kTiming), Verdict::alive);
  EXPECT_EQ(heartbeat.check(1000, kTiming), Verdict::ping);
  EXPECT_EQ(heartbeat.check(1000, kTiming), Verdict::alive);
  EXPECT_EQ(heartbeat.deadline_ms(kTiming), 1400U);
  EXPECT_EQ(heartbeat.check(1399, kTiming), Verdict::alive);
  EXPECT_EQ(heartbeat.check(1400, kTiming), Verdict::lost);
}

TEST(Heartbeat, WithoutARandomPartTheFirstPingComesAfterOneInterval) {
  constexpr Heartbeat::Timing timing{25'000, 10'000};
  Heartbeat heartbeat;
  heartbeat.begin(1'000, timing, 0);
  EXPECT_EQ(heartbeat.check(25'999, timing), Verdict::alive);
  EXPECT_EQ(heartbeat.check(26'000, timing), Verdict::ping);
  EXPECT_EQ(heartbeat.deadline_ms(timing), 36'000U);
  EXPECT_EQ(heartbeat.check(35'999, timing), Verdict::alive);
  EXPECT_EQ(heartbeat.check(36'000, timing), Verdict::lost);
}

TEST(Heartbeat, PeerThatTalksIsNotPinged) {
  Heartbeat heartbeat;
  heartbeat.begin(0, kTiming, 0);
  heartbeat.heard(900);
  EXPECT_EQ(heartbeat.check(1000, kTiming), Verdict::alive);
  EXPECT_EQ(heartbeat.check(1900, kTiming), Verdict::ping);
  heartbeat.heard(2299);
  EXPECT_EQ(heartbeat.check(2300, kTiming), Verdict::alive);
  EXPECT_EQ(heartbeat.deadline_ms(kTiming), 3299U);
}

TEST(Heartbeat, SignOfLifeFromBeforeThePingLeavesThePingOpen) {
  constexpr Heartbeat::Timing timing{25'000, 10'000};
  Heartbeat heartbeat;
  heartbeat.begin(1'000, timing, 0);
  heartbeat.heard(20'000);
  EXPECT_EQ(heartbeat.check(26'000, timing), Verdict::alive);
  EXPECT_EQ(heartbeat.check(45'000, timing), Verdict::ping);
  heartbeat.heard(44'000);
  EXPECT_EQ(heartbeat.deadline_ms(timing), 55'000U) << "the sign was before the question";
  heartbeat.heard(46'000);
  EXPECT_EQ(heartbeat.check(55'000, timing), Verdict::alive);
  EXPECT_EQ(heartbeat.deadline_ms(timing), 71'000U);
}

TEST(Heartbeat, SignOfLifeAtTheTimeOfThePingAnswersIt) {
  Heartbeat heartbeat;
  heartbeat.begin(0, kTiming, 0);
  EXPECT_EQ(heartbeat.check(1000, kTiming), Verdict::ping);
  heartbeat.heard(1000);
  EXPECT_EQ(heartbeat.deadline_ms(kTiming), 2000U);
}

TEST(Heartbeat, SignOfLifeOlderThanTheLastOneChangesNothing) {
  Heartbeat heartbeat;
  heartbeat.begin(0, kTiming, 0);
  heartbeat.heard(900);
  heartbeat.heard(300);
  EXPECT_EQ(heartbeat.deadline_ms(kTiming), 1900U);
}

TEST(Heartbeat, IsRightOnAClockThatHasJustBegun) {
  Heartbeat heartbeat;
  heartbeat.begin(0, kTiming, 0.5);
  EXPECT_EQ(heartbeat.deadline_ms(kTiming), 750U);
  heartbeat.heard(400);
  EXPECT_EQ(heartbeat.deadline_ms(kTiming), 1400U);
}

TEST(Heartbeat, IntervalOfZeroNeverPings) {
  constexpr Heartbeat::Timing timing{0, 10'000};
  Heartbeat heartbeat;
  heartbeat.begin(0, {}, 0.5);
  EXPECT_EQ(heartbeat.check(1'000'000'000, {}), Verdict::alive);
  heartbeat.begin(1'000, timing, 0);
  EXPECT_EQ(heartbeat.deadline_ms(timing), Heartbeat::kNever);
  EXPECT_EQ(heartbeat.check(1'000'000'000, timing), Verdict::alive);
}

}  // namespace
}  // namespace microframe::base
