// How much work a user may make, and how what is too much is paid off by time.
#include "ws/work_budget.hpp"

#include <gtest/gtest.h>

#include <string>

namespace microframe::ws {
namespace {

constexpr WorkBudget::Rule kRule{1000, 5000};

TEST(WorkBudget, A03_WorkPastTheBurstIsPaidOffByTime) {
  WorkBudget budget(1000);
  budget.spend(5000, kRule, 1000);
  EXPECT_EQ(budget.wait_ms(kRule, 1000), 0U) << "a burst is free";
  budget.spend(2000, kRule, 1000);
  EXPECT_EQ(budget.wait_ms(kRule, 1000), 2000U);
  EXPECT_EQ(budget.wait_ms(kRule, 1400), 1600U);
  EXPECT_EQ(budget.wait_ms(kRule, 3000), 0U);
}

TEST(WorkBudget, A03_OneLongMessageIsOwedAsAWhole) {
  WorkBudget budget(0);
  budget.spend(20'000, kRule, 0);
  EXPECT_EQ(budget.wait_ms(kRule, 0), 15'000U);
}

TEST(WorkBudget, A03_TimeBeforePaysForNothingThatFollows) {
  WorkBudget budget(0);
  budget.spend(7000, kRule, 60'000);
  EXPECT_EQ(budget.wait_ms(kRule, 60'000), 2000U) << "a minute of rest is a burst and no more";
}

TEST(WorkBudget, WithoutARateNothingWaits) {
  WorkBudget budget(0);
  budget.spend(1 << 30, {0, 0}, 0);
  EXPECT_EQ(budget.wait_ms({0, 0}, 0), 0U);
}

TEST(WorkBudgets, A03_TheConnectionsOfAUserShareOne) {
  WorkBudgets budgets;
  const auto one = budgets.of("alice", kRule, 0);
  one->spend(9000, kRule, 0);
  EXPECT_EQ(budgets.of("alice", kRule, 0)->wait_ms(kRule, 0), 4000U);
  EXPECT_EQ(budgets.of("bob", kRule, 0)->wait_ms(kRule, 0), 0U);
}

TEST(WorkBudgets, A03_WhoeverComesBackFindsItsDebt) {
  WorkBudgets budgets;
  budgets.of("alice", kRule, 0)->spend(100'000, kRule, 0);
  for (int i = 0; i < 10'000; ++i) budgets.of(std::to_string(i), kRule, 0);
  EXPECT_LT(budgets.size(), 3'000U) << "those who owe nothing are forgotten";
  EXPECT_EQ(budgets.of("alice", kRule, 0)->wait_ms(kRule, 0), 95'000U);
}

}  // namespace
}  // namespace microframe::ws
