// Questions to a client, and who is told of the answers.
#include "ws/asks.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace microframe::ws {
namespace {

class AsksTest : public testing::Test {
 protected:
  void ask(std::uint64_t id) {
    asks.add(id, [this, id](AckStatus status, Json data) {
      told.push_back(std::to_string(id) + " " + std::string(to_string(status)) + " " +
                     to_text(data));
    });
  }

  std::vector<std::string> told;
  Asks asks;
};
using Told = std::vector<std::string>;

TEST_F(AsksTest, AnswerIsToldToWhomeverHasAsked) {
  ask(1);
  ask(2);
  asks.settle(2, AckStatus::acknowledged, "two");
  asks.settle(1, AckStatus::failed, Json());
  EXPECT_EQ(told, (Told{R"(2 acknowledged "two")", "1 failed null"}));
}

TEST_F(AsksTest, OnlyTheFirstAnswerIsTold) {
  ask(1);
  asks.settle(1, AckStatus::timed_out, Json());
  asks.settle(1, AckStatus::acknowledged, "late");
  EXPECT_EQ(told, Told{"1 timed_out null"});
}

TEST_F(AsksTest, AnswerThatNobodyAskedForIsIgnored) {
  asks.settle(1, AckStatus::acknowledged, "why");
  ask(2);
  asks.settle(3, AckStatus::acknowledged, "why");
  EXPECT_EQ(told, Told{});
}

TEST_F(AsksTest, EndTellsAllThatNobodyAnswersInTheirOrder) {
  ask(1);
  ask(3);
  ask(2);
  asks.settle(3, AckStatus::acknowledged, Json());
  told.clear();
  asks.end();
  EXPECT_EQ(told, (Told{"1 disconnected null", "2 disconnected null"}));
  asks.end();
  EXPECT_EQ(told.size(), 2U);
}

TEST_F(AsksTest, WhoIsToldMayAskAgain) {
  asks.add(1, [this](AckStatus, Json) { ask(2); });
  asks.settle(1, AckStatus::acknowledged, Json());
  asks.settle(2, AckStatus::acknowledged, Json());
  EXPECT_EQ(told, Told{"2 acknowledged null"});
}

TEST_F(AsksTest, QuestionAskedWhileAllEndIsEndedToo) {
  asks.add(1, [this](AckStatus, Json) { ask(2); });
  asks.end();
  EXPECT_EQ(told, Told{"2 disconnected null"});
}

TEST_F(AsksTest, OnlySoManyQuestionsMayBeUnanswered) {
  for (std::uint64_t id = 1; id < Asks::kMax; ++id) ask(id);
  EXPECT_FALSE(asks.full());
  ask(Asks::kMax);
  EXPECT_TRUE(asks.full());
  asks.settle(1, AckStatus::acknowledged, Json());
  EXPECT_FALSE(asks.full());
}

}  // namespace
}  // namespace microframe::ws
