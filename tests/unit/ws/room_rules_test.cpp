#include "ws/room_rules.hpp"

#include <gtest/gtest.h>

#include "microframe/config_error.hpp"

namespace microframe::ws {
namespace {

TEST(RoomRulesTest, TheFirstPatternThatFitsDecides) {
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

TEST(RoomRulesTest, AStarAloneIsEveryRoom) {
  RoomRules rules;
  rules.add("*", RoomOptions().when_slow(WhenSlow::conflate));
  EXPECT_EQ(rules.of("any").when_slow(), WhenSlow::conflate);
}

TEST(RoomRulesTest, APatternThatIsNoneSaysWhatToWrite) {
  RoomRules rules;
  for (const char* bad : {"", "*:eur", "a*b", "**"}) {
    EXPECT_THROW(rules.add(bad, RoomOptions()), ConfigError) << bad;
  }
}

TEST(RoomRulesTest, AWindowIsASecondAtMost) {
  RoomRules rules;
  using std::chrono::milliseconds;
  for (const int good : {0, 1, 1000})
    EXPECT_NO_THROW(rules.add("*", RoomOptions().coalesce(milliseconds(good)))) << good;
  for (const int bad : {-1, 1001})
    EXPECT_THROW(rules.add("*", RoomOptions().coalesce(milliseconds(bad))), ConfigError) << bad;
}

}  // namespace
}  // namespace microframe::ws
