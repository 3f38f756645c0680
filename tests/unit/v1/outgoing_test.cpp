// What a client has sent and what it will send, over connections and sessions.
#include "v1/outgoing.hpp"

#include <gtest/gtest.h>

namespace microframe::v1 {
namespace {

using Kind = Outgoing::Kind;
using Frame = Outgoing::Frame;

Outgoing roomy() {
  return Outgoing(Outgoing::Bounds{100, 10'000});
}

// The contents that must be sent now, with their numbers.
std::string sent(Outgoing& outgoing) {
  std::string all;
  while (const Frame* frame = outgoing.send_next(0))
    all += std::to_string(frame->id) + frame->content + " ";
  return all;
}

TEST(OutgoingTest, NumbersRiseInTheOrderOfSending) {
  Outgoing outgoing = roomy();
  outgoing.add(Frame(Kind::message, 1, "a"));
  outgoing.add(Frame(Kind::join, 2, "b"));
  EXPECT_EQ(sent(outgoing), "1a 2b ");
  outgoing.add(Frame(Kind::binary, 3, "c"));
  EXPECT_EQ(sent(outgoing), "3c ");
  EXPECT_FALSE(outgoing.has_unsent());
  EXPECT_EQ(outgoing.last_id(), 3U);
}

TEST(OutgoingTest, AnAnswerTakesItsFrameWhateverItsPlace) {
  Outgoing outgoing = roomy();
  for (const char* one : {"a", "b", "c"}) outgoing.add(Frame(Kind::message, 0, one));
  sent(outgoing);
  EXPECT_EQ(outgoing.take(2)->content, "b");
  EXPECT_FALSE(outgoing.take(2));
  EXPECT_FALSE(outgoing.take(0));
  EXPECT_FALSE(outgoing.take(4));
  outgoing.add(Frame(Kind::message, 0, "d"));
  EXPECT_EQ(sent(outgoing), "4d ");
  EXPECT_EQ(outgoing.take(1)->content, "a");
  EXPECT_EQ(outgoing.take(4)->content, "d");
  EXPECT_EQ(outgoing.take(3)->content, "c");
  EXPECT_EQ(outgoing.size(), 0U);
}

TEST(OutgoingTest, WhatTheServerHasNotBegunIsSentAgainWithItsNumber) {
  Outgoing outgoing = roomy();
  for (const char* one : {"a", "b", "c"}) outgoing.add(Frame(Kind::message, 0, one));
  sent(outgoing);
  outgoing.add(Frame(Kind::message, 0, "d"));
  outgoing.resume(1);
  EXPECT_EQ(sent(outgoing), "2b 3c 4d ");
  EXPECT_EQ(outgoing.take(1)->content, "a") << "its answer is among the frames to come";
  outgoing.resume(4);
  EXPECT_EQ(sent(outgoing), "");
}

TEST(OutgoingTest, AnAnswerToWhatWaitsToBeSentAgainTakesIt) {
  Outgoing outgoing = roomy();
  for (const char* one : {"a", "b"}) outgoing.add(Frame(Kind::message, 0, one));
  sent(outgoing);
  outgoing.resume(0);
  EXPECT_EQ(outgoing.take(2)->content, "b");
  EXPECT_EQ(sent(outgoing), "1a ");
}

TEST(OutgoingTest, ANewSessionLosesWhatWasSentAndKeepsTheRest) {
  Outgoing outgoing = roomy();
  outgoing.add(Frame(Kind::message, 1, "sent"));
  outgoing.add(Frame(Kind::binary, 2, "bytes"));
  outgoing.add(Frame(Kind::join, 3, "room"));
  outgoing.add(Frame(Kind::leave, 4, "room"));
  outgoing.add(Frame(Kind::leave, 5, "other"));
  outgoing.add(Frame(Kind::refresh, 0, "token"));
  outgoing.add_first(Frame(Kind::join, 0, "again"));
  sent(outgoing);
  outgoing.add(Frame(Kind::message, 6, "waits"));
  std::string lost;
  for (const Frame& frame : outgoing.begin_anew({}, 0)) lost += frame.content + " ";
  EXPECT_EQ(lost, "again sent bytes other token ");
  EXPECT_EQ(sent(outgoing), "1room 2room 3waits ");
}

TEST(OutgoingTest, E26_WhatIsRewoundIsSentAgainAsNew) {
  Outgoing outgoing = roomy();
  for (const char* one : {"a", "bbb", "cc", "bbb"}) outgoing.add(Frame(Kind::message, 0, one));
  EXPECT_EQ(outgoing.longest_sent(), nullptr);
  sent(outgoing);
  outgoing.add(Frame(Kind::message, 0, "longest of all"));
  ASSERT_NE(outgoing.longest_sent(), nullptr);
  EXPECT_EQ(outgoing.longest_sent()->id, 2U);
  outgoing.take(2);
  outgoing.rewind(2);
  EXPECT_EQ(sent(outgoing), "5cc 6bbb 7longest of all ");
  EXPECT_EQ(outgoing.take(1)->content, "a");
  EXPECT_EQ(outgoing.take(6)->content, "bbb");
}

TEST(OutgoingTest, E36_SentAndUnsentAreTakenApart) {
  Outgoing outgoing(Outgoing::Bounds{100, 10});
  outgoing.add(Frame(Kind::message, 0, "12345"));
  sent(outgoing);
  outgoing.add(Frame(Kind::message, 0, "67890"));
  EXPECT_EQ(outgoing.take_sent().at(0).content, "12345");
  EXPECT_TRUE(outgoing.take_sent().empty());
  EXPECT_EQ(outgoing.take_unsent().at(0).content, "67890");
  EXPECT_FALSE(outgoing.has_unsent());
  EXPECT_TRUE(outgoing.add(Frame(Kind::message, 0, "1234567890")));
}

TEST(OutgoingTest, ItsBoundsAreKept) {
  Outgoing few(Outgoing::Bounds{2, 100});
  EXPECT_TRUE(few.add(Frame(Kind::message, 0, "a")));
  EXPECT_TRUE(few.add(Frame(Kind::message, 0, "b")));
  EXPECT_FALSE(few.add(Frame(Kind::message, 0, "c")));
  EXPECT_EQ(sent(few), "1a 2b ");
  EXPECT_FALSE(few.add(Frame(Kind::message, 0, "c"))) << "what is not answered counts";
  few.take(1);
  EXPECT_TRUE(few.add(Frame(Kind::message, 0, "c")));

  Outgoing small(Outgoing::Bounds{100, 10});
  EXPECT_TRUE(small.add(Frame(Kind::message, 0, "123456")));
  EXPECT_FALSE(small.add(Frame(Kind::message, 0, "12345")));
  EXPECT_TRUE(small.add(Frame(Kind::message, 0, "1234")));
  sent(small);
  small.begin_anew({}, 0);
  EXPECT_TRUE(small.add(Frame(Kind::message, 0, "1234567890")));
  small.clear();
  EXPECT_TRUE(small.add(Frame(Kind::message, 0, "1234567890")));
}

// The contents that must be sent now, with their numbers and origins.
std::string sent_with_origins(Outgoing& outgoing, std::uint64_t now_ms) {
  std::string all;
  while (const Frame* frame = outgoing.send_next(now_ms))
    all += std::to_string(frame->id) + frame->content + '<' + frame->of + "> ";
  return all;
}

TEST(OutgoingTest, AnHeirIsSentMessagesUnderTheirFormerNames) {
  Outgoing outgoing = roomy();
  outgoing.add(Frame(Kind::message, 1, "a"));
  outgoing.add(Frame(Kind::refresh, 2, "token"));
  outgoing.add(Frame(Kind::binary, 3, "b"));
  sent(outgoing);
  outgoing.add(Frame(Kind::message, 4, "new"));
  const auto lost = outgoing.begin_anew("s1", 0);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].content, "token");
  EXPECT_EQ(sent_with_origins(outgoing, 0), "1a<s1.1> 2b<s1.3> 3new<> ");
  outgoing.begin_anew("s2", 0);
  EXPECT_EQ(sent_with_origins(outgoing, 0), "1a<s1.1> 2b<s1.3> 3new<s2.3> ");
}

TEST(OutgoingTest, WhatIsInheritedIsLostWithItsNextSessionEvenIfNotSentThere) {
  Outgoing outgoing = roomy();
  outgoing.add(Frame(Kind::message, 1, "a"));
  sent(outgoing);
  EXPECT_TRUE(outgoing.begin_anew("s1", 0).empty());
  const auto lost = outgoing.begin_anew({}, 0);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].content, "a");
}

TEST(OutgoingTest, WhatWasFirstSentTooLongAgoIsNotInherited) {
  Outgoing outgoing = roomy();
  outgoing.add(Frame(Kind::message, 1, "a"));
  outgoing.send_next(1'000);
  outgoing.add(Frame(Kind::message, 2, "b"));
  outgoing.send_next(2'000);
  const auto lost = outgoing.begin_anew("s1", 1'001 + Outgoing::kInheritedMs);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].content, "a");
  EXPECT_EQ(sent_with_origins(outgoing, 900'000), "1b<s1.2> ");
  EXPECT_EQ(outgoing.begin_anew("s2", 2'001 + Outgoing::kInheritedMs).size(), 1U)
      << "it counts from when it was sent first";
}

}  // namespace
}  // namespace microframe::v1
