// Limits that follow each other, and those that contradict each other.

#include "guard/limits.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "guard/memory.hpp"
#include "microframe/config_error.hpp"

namespace microframe::guard {
namespace {

constexpr std::size_t kMebi = std::size_t{1} << 20;

// returns: what is said of the limits; "" where they are good.
std::string fault_of(const std::function<void(Limits&)>& change) {
  Limits limits;
  change(limits);
  try {
    resolve(limits);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(ResolvedLimits, A05_FollowTheLongestMessage) {
  for (const std::size_t message : {kMebi, 16 * kMebi}) {
    Limits limits;
    limits.message_bytes_max = message;
    const Limits resolved = resolve(limits);
    EXPECT_EQ(resolved.fragments_max, message / 1024) << "a client with fragments of 4 KiB passes";
    EXPECT_EQ(resolved.outbox_bytes_max, 2 * message) << "one message does not fill it";
    EXPECT_EQ(resolved.session_bytes_max, 2 * message) << "one message does not end a session";
    EXPECT_EQ(resolved.bytes_burst, static_cast<double>(2 * message));
  }
}

TEST(ResolvedLimits, A05_OfSmallMessagesLeaveRoomForWhatGoesWithThem) {
  Limits limits;
  limits.message_bytes_max = 10;
  const Limits resolved = resolve(limits);
  EXPECT_EQ(resolved.fragments_max, 1024U);
  EXPECT_EQ(resolved.session_bytes_max, 2048U);
}

TEST(ResolvedLimits, A05_ThatAreSetStayAsTheyAre) {
  Limits limits;
  limits.fragments_max = 7;
  limits.outbox_bytes_max = 5 * kMebi;
  limits.session_bytes_max = 6 * kMebi;
  limits.bytes_burst = 100;
  limits.rooms_per_user_max = 9;
  limits.history_bytes_max = 10;
  limits.sessions_bytes_max = 11;
  const Limits resolved = resolve(limits);
  EXPECT_EQ(resolved.fragments_max, 7U);
  EXPECT_EQ(resolved.outbox_bytes_max, 5 * kMebi);
  EXPECT_EQ(resolved.session_bytes_max, 6 * kMebi);
  EXPECT_EQ(resolved.bytes_burst, 100);
  EXPECT_EQ(resolved.rooms_per_user_max, 9U);
  EXPECT_EQ(resolved.history_bytes_max, 10U);
  EXPECT_EQ(resolved.sessions_bytes_max, 11U);
}

TEST(ResolvedLimits, A01_WhatIsKeptFollowsTheMemory) {
  Limits limits;
  limits.memory_bytes_max = 200 * kMebi;
  EXPECT_EQ(resolve(limits).history_bytes_max, 50 * kMebi);
  EXPECT_EQ(resolve(limits).sessions_bytes_max, 50 * kMebi);
  limits.memory_bytes_max = 100'000 * kMebi;
  EXPECT_EQ(resolve(limits).history_bytes_max, 256 * kMebi);
}

TEST(ResolvedLimits, MemoryThatIsNotSaidIsBelowTheCgroups) {
  EXPECT_EQ(resolve(Limits()).memory_bytes_max, cgroup_bytes_max() / 10 * 9);
}

TEST(ResolvedLimits, A07_RoomsOfAUserAreMoreThanItsDevicesCanBeIn) {
  EXPECT_EQ(resolve(Limits()).rooms_per_user_max, 2U * 128 * 16);
  Limits limits;
  limits.rooms_per_connection_max = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(resolve(limits).rooms_per_user_max, std::numeric_limits<std::size_t>::max());
}

TEST(ResolvedLimits, A05_ContradictionsAreErrors) {
  const struct {
    const char* word;
    std::function<void(Limits&)> change;
  } kCases[] = {
      {"message_bytes_max", [](Limits& limits) { limits.message_bytes_max = 0; }},
      {"outbox_bytes_max", [](Limits& limits) { limits.outbox_bytes_max = kMebi - 1; }},
      {"session_bytes_max", [](Limits& limits) { limits.session_bytes_max = kMebi; }},
      {"session_frames_max", [](Limits& limits) { limits.session_frames_max = 0; }},
      {"messages_per_second", [](Limits& limits) { limits.messages_burst = 0; }},
      {"messages_per_second", [](Limits& limits) { limits.messages_per_second = -1; }},
      {"bytes_per_second", [](Limits& limits) { limits.bytes_per_second = -1; }},
      {"bytes_per_second",
       [](Limits& limits) { limits.bytes_burst = std::numeric_limits<double>::quiet_NaN(); }},
      {"handshakes_per_second", [](Limits& limits) { limits.handshakes_burst = 0.5; }},
      {"handshakes_per_address_per_second",
       [](Limits& limits) { limits.handshakes_per_address_per_second = -2; }},
      {"handshakes_per_user_per_second",
       [](Limits& limits) {
         limits.handshakes_per_user_per_second = std::numeric_limits<double>::infinity();
       }},
  };
  for (const auto& with : kCases) {
    EXPECT_NE(fault_of(with.change).find(with.word), std::string::npos)
        << with.word << ": \"" << fault_of(with.change) << "\"";
  }
}

TEST(ResolvedLimits, WithoutSessionsTheirLimitsDoNotMatter) {
  EXPECT_EQ(fault_of([](Limits& limits) {
              limits.session_ttl = std::chrono::milliseconds(0);
              limits.session_bytes_max = 1;
              limits.session_frames_max = 0;
            }),
            "");
  EXPECT_EQ(
      fault_of([](Limits& limits) { limits.messages_per_second = limits.messages_burst = 0; }), "");
}

}  // namespace
}  // namespace microframe::guard
