#include "ws/room_rules.hpp"

#include <gtest/gtest.h>

#include "microframe/config_error.hpp"

namespace microframe::ws {
namespace {

TEST(RoomRules, FirstPatternThatFitsDecides) {
  RoomRules rules;
  EXPECT_TRUE(rules.empty());
  rules.add("prices:eur", RoomOptions().when_slow(WhenSlow::drop_oldest));
  rules.add("prices:*", RoomOptions().when_slow(WhenSlow::conflate));
  EXPECT_FALSE(rules.empty());
  EXPECT_EQ(rules.of("prices:eur").when_slow(), WhenSlow::drop_oldest);
  EXPECT_EQ(rules.of("prices:usd").when_slow(), WhenSlow::conflate);
  EXPECT_EQ(rules.of("prices:").when_slow(), WhenSlow::conflate);
  EXPECT_EQ(rules.of("prices").when_slow(), WhenSlow::disconnect);
  EXPECT_EQ(rules.of("prices:eur2").when_slow(), WhenSlow::conflate);
}

TEST(RoomRules, StarAloneFitsEveryRoom) {
  RoomRules rules;
  rules.add("*", RoomOptions().when_slow(WhenSlow::conflate));
  EXPECT_EQ(rules.of("any").when_slow(), WhenSlow::conflate);
}

TEST(RoomRules, PatternThatCannotBeIsRefused) {
  RoomRules rules;
  for (const char* bad : {"", "*:eur", "a*b", "**"}) {
    EXPECT_THROW(rules.add(bad, RoomOptions()), ConfigError) << bad;
  }
}

TEST(RoomRules, CoalescingWindowIsASecondAtMost) {
  RoomRules rules;
  using std::chrono::milliseconds;
  for (const int good : {0, 1, 1000})
    EXPECT_NO_THROW(rules.add("*", RoomOptions().coalesce(milliseconds(good)))) << good;
  for (const int bad : {-1, 1001})
    EXPECT_THROW(rules.add("*", RoomOptions().coalesce(milliseconds(bad))), ConfigError) << bad;
}

TEST(RoomRules, MessagesAreKeptForSomeTimeOrNotAtAll) {
  RoomRules rules;
  using std::chrono::milliseconds;
  for (const int bad : {-1, 0})
    EXPECT_THROW(rules.add("*", RoomOptions().history(10, milliseconds(bad))), ConfigError) << bad;
  EXPECT_NO_THROW(rules.add("*", RoomOptions().history(10, milliseconds(1))));
  EXPECT_NO_THROW(rules.add("*", RoomOptions().history(0, milliseconds(0))));
}

TEST(RoomRules, TellWhetherAnyRoomKeepsItsMessages) {
  RoomRules rules;
  EXPECT_FALSE(rules.any_history());
  rules.add("seen:*", RoomOptions().presence());
  EXPECT_FALSE(rules.any_history());
  rules.add("kept:*", RoomOptions().history(10, std::chrono::minutes(1)));
  EXPECT_THROW(rules.add("much:*", RoomOptions().history(10'000, std::chrono::minutes(1))),
               ConfigError)
      << "A05: so many do not fit into 1 MiB";
  EXPECT_TRUE(rules.any_history());
  EXPECT_EQ(rules.of("kept:r").history_max(), 10U);
  EXPECT_EQ(rules.of("other").history_max(), 0U) << "a room that fits no pattern has the defaults";
}

}  // namespace
}  // namespace microframe::ws
