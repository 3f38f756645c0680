// The small parts of a ClientSession: pace, token, count, answers given.
#include <gtest/gtest.h>

#include "v1/given_answers.hpp"
#include "v1/held_token.hpp"
#include "v1/pace.hpp"
#include "v1/received_count.hpp"

namespace microframe::v1 {
namespace {

TEST(PaceTest, BurstGoesAtOnceAndTheRestAtTheRate) {
  Pace pace(Pace::Rate{10, 3});
  pace.begin(1'000);
  const auto go = [&](std::uint64_t now_ms) {
    if (!pace.allows(now_ms)) return false;
    pace.count();
    return true;
  };
  EXPECT_TRUE(go(1'000) && go(1'000) && go(1'000));
  EXPECT_FALSE(go(1'000));
  EXPECT_FALSE(go(1'099));
  const std::uint64_t next = pace.next_ms();
  EXPECT_LE(next, 1'101U);
  EXPECT_TRUE(go(next));
  EXPECT_FALSE(go(next));
  EXPECT_TRUE(go(60'000) && go(60'000) && go(60'000));
  EXPECT_FALSE(go(60'000)) << "the bucket has a brim";
}

TEST(PaceTest, FramesThatCannotWaitCountAgainstLaterOnes) {
  Pace pace(Pace::Rate{10, 1});
  pace.begin(0);
  for (int i = 0; i < 3; ++i) pace.count();
  EXPECT_FALSE(pace.allows(250));
  EXPECT_TRUE(pace.allows(301));
}

TEST(PaceTest, NothingWaitsWithoutARate) {
  Pace pace(Pace::Rate{});
  pace.begin(0);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(pace.allows(0));
    pace.count();
  }
}

TEST(HeldTokenTest, TokenIsReplacedBeforeItExpires) {
  HeldToken token;
  EXPECT_FALSE(token.is_good(0));
  token.hold("a", 900'000, 1'000);
  EXPECT_TRUE(token.is_good(720'999));
  EXPECT_FALSE(token.is_good(721'000)) << "a new connection wants a fresh one";
  EXPECT_EQ(token.refresh_at_ms(), 721'000U);
  token.asked();
  EXPECT_FALSE(token.refresh_at_ms());
  token.ask_again_later(5'000);
  EXPECT_EQ(token.refresh_at_ms(), 15'000U);
  token.spoil();
  EXPECT_FALSE(token.is_good(5'000));
}

TEST(HeldTokenTest, TokenOfUnknownLifeIsGoodUntilItIsRefused) {
  HeldToken token;
  token.hold("a", std::nullopt, 1'000);
  EXPECT_TRUE(token.is_good(1'000'000'000));
  EXPECT_FALSE(token.refresh_at_ms());
}

TEST(HeldTokenTest, ApplicationWithoutAFresherTokenIsAskedAfterAPause) {
  HeldToken token;
  token.hold("a", 100, 1'000);
  EXPECT_EQ(token.refresh_at_ms(), 1'500U);
  token.hold("a", 0, 2'000);
  EXPECT_EQ(token.refresh_at_ms(), 12'000U);
}

TEST(ReceivedCountTest, CountIsToldEverySoManyFramesAndEverySecond) {
  ReceivedCount count;
  EXPECT_FALSE(count.tell_at_ms());
  EXPECT_FALSE(count.count(1'000));
  EXPECT_FALSE(count.count(1'900));
  EXPECT_EQ(count.tell_at_ms(), 2'000U) << "a second after the first";
  EXPECT_EQ(count.tell(), 2U);
  EXPECT_FALSE(count.tell_at_ms());
  for (int i = 0; i < 63; ++i) EXPECT_FALSE(count.count(3'000));
  EXPECT_TRUE(count.count(3'000));
  EXPECT_EQ(count.tell(), 66U);
  count.begin();
  EXPECT_EQ(count.tell(), 0U);
}

std::string all(const GivenAnswers& answers) {
  std::string text;
  answers.for_each([&](const std::string& one) { text += one; });
  return text;
}

TEST(GivenAnswersTest, AnswersThatTheServerHasReceivedAreForgotten) {
  GivenAnswers answers;
  answers.add("a", 0);
  answers.add("b", 2);
  answers.add("c", 3);
  EXPECT_EQ(all(answers), "abc");
  answers.arrived(2);  // our frame 2 was sent after the answer a and before b
  EXPECT_EQ(all(answers), "bc");
  answers.arrived(1);
  EXPECT_EQ(all(answers), "bc");
  answers.arrived(4);
  EXPECT_EQ(all(answers), "");
}

TEST(GivenAnswersTest, OldestAnswersAreForgottenFirst) {
  GivenAnswers answers;
  for (std::size_t i = 0; i <= GivenAnswers::kKeptMax; ++i) answers.add(i == 0 ? "x" : ".", 0);
  EXPECT_EQ(all(answers), std::string(GivenAnswers::kKeptMax, '.'));
}

}  // namespace
}  // namespace microframe::v1
