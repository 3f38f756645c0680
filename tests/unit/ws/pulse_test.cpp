// The heartbeat of one peer and the round trips of its pongs, on a clock that the test turns.

#include "ws/pulse.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

namespace microframe::ws {
namespace {

using base::Heartbeat;
using namespace std::chrono_literals;

constexpr std::uint64_t kStart = 100'000;

Limits limits() {
  Limits result;
  result.ping_interval = 1000ms;
  result.pong_time = 400ms;
  return result;
}

// The pulse of the connection with that number, which has just begun.
Pulse begun(std::uint64_t number = 1) {
  return Pulse(limits(), number, kStart);
}

TEST(Pulse, ByteAfterThePingIsLifeEnough) {
  Pulse pulse = begun();
  ASSERT_EQ(pulse.check(limits(), kStart + 1000), Heartbeat::Verdict::ping);
  pulse.heard(kStart + 1100);
  EXPECT_EQ(pulse.check(limits(), kStart + 1500), Heartbeat::Verdict::alive);
  EXPECT_EQ(pulse.check(limits(), kStart + 2100), Heartbeat::Verdict::ping);
}

TEST(Pulse, PeerThatStaysSilentAfterThePingIsLost) {
  Pulse pulse = begun();
  ASSERT_EQ(pulse.check(limits(), kStart + 1000), Heartbeat::Verdict::ping);
  EXPECT_EQ(pulse.check(limits(), kStart + 1399), Heartbeat::Verdict::alive);
  EXPECT_EQ(pulse.check(limits(), kStart + 1400), Heartbeat::Verdict::lost);
}

TEST(Pulse, PeersThatComeAtOnceAreNotPingedAtOnce) {
  std::uint64_t least = UINT64_MAX;
  std::uint64_t most = 0;
  for (std::uint64_t number = 1; number <= 100; ++number) {
    const auto first = begun(number).deadline_ms(limits());
    ASSERT_TRUE(first);
    EXPECT_GT(*first, kStart + 500) << number;
    EXPECT_LE(*first, kStart + 1000) << number;
    least = std::min(least, *first);
    most = std::max(most, *first);
  }
  EXPECT_LT(least, kStart + 550);
  EXPECT_GT(most, kStart + 950);
}

TEST(Pulse, IntervalOfZeroNeverPings) {
  Limits none = limits();
  none.ping_interval = 0ms;
  Pulse pulse(none, 1, kStart);
  EXPECT_FALSE(pulse.deadline_ms(none));
  EXPECT_EQ(pulse.check(none, kStart + 1'000'000), Heartbeat::Verdict::alive);
}

TEST(Pulse, PongTellsTheRoundTripOfTheLatestPingOnce) {
  Pulse pulse = begun();
  const auto former = pulse.ping();
  const auto latest = pulse.ping();
  if (former != latest) {
    EXPECT_FALSE(pulse.pong(former));
  }
  EXPECT_FALSE(pulse.pong(base::Bytes(latest).first(3)));
  EXPECT_TRUE(pulse.pong(latest));
  EXPECT_FALSE(pulse.pong(latest));
}

}  // namespace
}  // namespace microframe::ws
