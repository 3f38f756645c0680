// The bytes that the compressors of single connections may hold together.

#include "guard/takeover_budget.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <utility>
#include <vector>

namespace microframe::guard {
namespace {

using Share = TakeoverBudget::Share;

TEST(TakeoverBudget, GivesNoMoreThanThereIs) {
  TakeoverBudget budget(100);
  const auto most = budget.take(60);
  EXPECT_TRUE(most);
  EXPECT_FALSE(budget.take(41));
  const auto rest = budget.take(40);
  EXPECT_TRUE(rest);
  EXPECT_EQ(budget.bytes(), 100U);
  EXPECT_FALSE(budget.take(1));
}

TEST(TakeoverBudget, GetsAShareBackWhenItGoes) {
  TakeoverBudget budget(100);
  {
    const auto share = budget.take(100);
    EXPECT_FALSE(budget.take(1));
  }
  EXPECT_EQ(budget.bytes(), 0U);
  EXPECT_TRUE(budget.take(100));
}

TEST(TakeoverBudget, GetsAMovedShareBackOnce) {
  TakeoverBudget budget(100);
  auto share = budget.take(30);
  Share moved = std::move(*share);
  share.reset();
  EXPECT_EQ(budget.bytes(), 30U);
  Share other;
  other = std::move(moved);
  EXPECT_EQ(budget.bytes(), 30U);
  other = Share();
  EXPECT_EQ(budget.bytes(), 0U);
}

TEST(TakeoverBudget, AShareThatIsReplacedGoesBack) {
  TakeoverBudget budget(100);
  Share share = std::move(*budget.take(30));
  share = std::move(*budget.take(20));
  EXPECT_EQ(budget.bytes(), 20U);
}

TEST(TakeoverBudget, RefusesWhatIsGreaterThanTheWhole) {
  TakeoverBudget budget(100);
  EXPECT_FALSE(budget.take(101));
  EXPECT_FALSE(budget.take(std::numeric_limits<std::size_t>::max()));
  const auto share = budget.take(50);
  EXPECT_FALSE(budget.take(std::numeric_limits<std::size_t>::max() - 10)) << "the sum overflows";
  EXPECT_FALSE(TakeoverBudget(0).take(1));
}

TEST(TakeoverBudget, KeepsItsBoundOnManyThreads) {
  TakeoverBudget budget(10);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) {
        const auto share = budget.take(4);
        EXPECT_LE(budget.bytes(), 10U);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(budget.bytes(), 0U);
}

}  // namespace
}  // namespace microframe::guard
