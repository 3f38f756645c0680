// A bucket for each name, and the end of those that nobody asks for.

#include "guard/rate_table.hpp"

#include <gtest/gtest.h>

#include <string>

namespace microframe::guard {
namespace {

TEST(RateTable, A08_EachNameHasABucketOfItsOwn) {
  RateTable table(10, 2);
  EXPECT_TRUE(table.take("a", 1'000));
  EXPECT_TRUE(table.take("a", 1'000));
  EXPECT_FALSE(table.take("a", 1'000));
  EXPECT_TRUE(table.take("b", 1'000));
  EXPECT_TRUE(table.take("a", 1'100));
  EXPECT_FALSE(table.take("a", 1'050)) << "the clock of another loop does not fill it";
}

TEST(RateTable, NamesThatAreIdleAreForgotten) {
  RateTable table(1, 10);
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t now_ms = 1'000'000 + std::uint64_t{100'000} * round;
    for (int i = 0; i < 1'000; ++i)
      EXPECT_TRUE(table.take(std::to_string(round * 1'000 + i), now_ms));
  }
  EXPECT_LE(table.size(), 3'000U);
}

TEST(RateTable, NamesThatWouldBeRefusedAreKept) {
  RateTable table(0.001, 1);
  for (int i = 0; i < 5'000; ++i) EXPECT_TRUE(table.take(std::to_string(i), 1'000));
  for (int i = 0; i < 5'000; ++i) EXPECT_FALSE(table.take(std::to_string(i), 1'000)) << i;
}

TEST(RateTable, ARateOfZeroIsNoLimit) {
  RateTable table(0, 1);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(table.take("a", 0));
  EXPECT_EQ(table.size(), 0U);
}

}  // namespace
}  // namespace microframe::guard
