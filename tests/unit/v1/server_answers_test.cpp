// How a ServerSession answers: messages, controls, joins and leaves; and what it asks itself.
#include <gtest/gtest.h>

#include <string>

#include "unit/v1/server_driver.hpp"
#include "v1/names.hpp"

namespace microframe::v1 {
namespace {

// A session with the turn of the message `id`.
ServerDriver in_turn(std::uint64_t id) {
  ServerDriver driver;
  driver.session.begin(id);
  return driver;
}

TEST(ServerAnswers, MessageIsAcknowledgedWhenItsHookReturnsNothing) {
  ServerDriver driver = in_turn(7);
  const auto answer = driver.session.done();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->counted);
  EXPECT_EQ(answer->text, R"({"t":"ack","id":7})");
  EXPECT_FALSE(driver.session.is_answering());
}

TEST(ServerAnswers, MessageIsAnsweredWithTheReplyOfItsHookAndNotTwice) {
  ServerDriver driver = in_turn(7);
  const Json reply = {{"n", 1}};
  const auto answer = driver.session.answer(&reply);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->counted);
  EXPECT_EQ(answer->text, R"({"t":"ack","id":7,"data":{"n":1}})");
  EXPECT_TRUE(driver.session.is_answering()) << "the hook still runs";
  EXPECT_FALSE(driver.session.answer(&reply));
  EXPECT_FALSE(driver.session.done());
}

TEST(ServerAnswers, ReplyOfNullIsData) {
  ServerDriver driver = in_turn(7);
  const Json null;
  EXPECT_EQ(driver.send(driver.session.answer(&null)), R"({"t":"ack","id":7,"data":null})");
}

TEST(ServerAnswers, MessageWithoutIdIsOnlyAnsweredByAReplyWhichIsAMessage) {
  ServerDriver driver = in_turn(0);
  EXPECT_TRUE(driver.session.is_answering());
  EXPECT_FALSE(driver.session.done());
  driver.session.begin(0);
  const Json reply = "pong";
  const auto answer = driver.session.answer(&reply);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->counted);
  EXPECT_EQ(answer->text, R"({"t":"message","data":"pong"})");
  EXPECT_FALSE(driver.session.done());
}

TEST(ServerAnswers, NothingIsAnsweredOutsideATurn) {
  ServerDriver driver;
  const Json reply = 1;
  EXPECT_FALSE(driver.session.is_answering());
  EXPECT_FALSE(driver.session.answer(&reply));
  EXPECT_FALSE(driver.session.done());
  driver.handle(1);
  EXPECT_FALSE(driver.session.answer(&reply));
  EXPECT_FALSE(driver.session.done()) << "done twice";
}

TEST(ServerAnswers, EachTurnIsAnsweredByItself) {
  ServerDriver driver;
  EXPECT_EQ(driver.handle(1), R"({"t":"ack","id":1})");
  EXPECT_EQ(driver.handle(2), R"({"t":"ack","id":2})");
}

TEST(ServerAnswers, RefusalEndsTheTurn) {
  ServerDriver driver = in_turn(7);
  const Reply error = driver.session.refuse(kBadMessage, "as asked");
  EXPECT_TRUE(error.counted);
  EXPECT_EQ(error.text, R"({"t":"error","id":7,"code":"bad_message","message":"as asked"})");
  EXPECT_FALSE(driver.session.is_answering());
  EXPECT_FALSE(driver.session.done()) << "refused, and acknowledged too";
}

TEST(ServerAnswers, RefusalOfAMessageWithoutIdHasNone) {
  ServerDriver driver = in_turn(0);
  EXPECT_EQ(driver.session.refuse(kBadMessage, "as asked").text,
            R"({"t":"error","code":"bad_message","message":"as asked"})");
}

TEST(ServerAnswers, RefusalOutsideATurnNamesNoMessage) {
  ServerDriver driver;
  driver.handle(7);
  EXPECT_EQ(driver.session.refuse(kNotSupported, "no").text,
            R"({"t":"error","code":"not_supported","message":"no"})");
}

TEST(ServerAnswers, HookThatRepliesAndThenFailsIsTold) {
  ServerDriver driver = in_turn(7);
  const Json reply = 1;
  driver.session.answer(&reply);
  EXPECT_EQ(driver.session.refuse(kFailed, "the hook failed").text,
            R"({"t":"error","id":7,"code":"failed","message":"the hook failed"})");
}

TEST(ServerAnswers, ControlIsAnsweredByItsIdAndNotAcknowledgedToo) {
  ServerDriver driver = in_turn(3);
  EXPECT_TRUE(driver.session.is_answering()) << "can_join may run, and fail";
  driver.session.begin_control();
  EXPECT_FALSE(driver.session.is_answering());
  EXPECT_FALSE(driver.session.done());
  EXPECT_EQ(driver.session.handled(), 3u);
  EXPECT_EQ(driver.session.ack(3).text, R"({"t":"ack","id":3})");
  EXPECT_TRUE(driver.session.ack(3).counted);
  EXPECT_EQ(driver.session.error(3, kBadToken, "no").text,
            R"({"t":"error","id":3,"code":"bad_token","message":"no"})");
  EXPECT_TRUE(driver.session.error(3, kBadToken, "no").counted);
}

TEST(ServerAnswers, HookOfAControlThatFailsIsToldByItsId) {
  ServerDriver driver = in_turn(3);
  EXPECT_EQ(driver.session.refuse(kFailed, "the hook failed").text,
            R"({"t":"error","id":3,"code":"failed","message":"the hook failed"})");
}

// --- rooms

Joined tea(std::uint64_t id = 0) {
  Joined said;
  said.room = "tea";
  said.id = id;
  return said;
}

TEST(ServerAnswers, JoinIsAnsweredByJoined) {
  ServerDriver driver;
  const Reply joined = driver.session.joined(tea(4));
  EXPECT_TRUE(joined.counted);
  EXPECT_EQ(joined.text, R"({"t":"joined","room":"tea","id":4})");
}

TEST(ServerAnswers, JoinOfTheServersOwnHasNoId) {
  ServerDriver driver;
  EXPECT_EQ(driver.session.joined(tea()).text, R"({"t":"joined","room":"tea"})");
}

TEST(ServerAnswers, JoinedTellsAllThatTheHubSays) {
  ServerDriver driver;
  const Json presence = {{"alice", 1}};
  Joined said = tea(4);
  said.epoch = "e";
  said.offset = 41;
  said.recovered = true;
  said.presence = &presence;
  EXPECT_EQ(driver.session.joined(said).text,
            R"({"t":"joined","room":"tea","id":4,"epoch":"e","offset":41,"recovered":true,)"
            R"("presence":{"alice":1}})");
}

TEST(ServerAnswers, LeaveIsAnsweredByLeft) {
  ServerDriver driver;
  driver.session.begin_leave(5);
  const Reply left = driver.session.left("tea");
  driver.session.end_leave();
  EXPECT_TRUE(left.counted);
  EXPECT_EQ(left.text, R"({"t":"left","room":"tea","id":5})");
  EXPECT_EQ(driver.session.left("tea").text, R"({"t":"left","room":"tea"})");
}

TEST(ServerAnswers, JoinOfTheServersOwnWithinALeaveAnswersNobody) {
  ServerDriver driver;
  driver.session.begin_leave(4);
  EXPECT_EQ(driver.session.joined(tea()).text, R"({"t":"joined","room":"tea"})");
  EXPECT_EQ(driver.session.left("tea").text, R"({"t":"left","room":"tea","id":4})");
}

TEST(ServerAnswers, JoinsAndLeavesOneAfterTheOtherKeepTheirIds) {
  ServerDriver driver;
  for (std::uint64_t id = 1; id <= 5; id += 2) {
    EXPECT_EQ(driver.session.joined(tea(id)).text,
              R"({"t":"joined","room":"tea","id":)" + std::to_string(id) + "}");
    driver.session.begin_leave(id + 1);
    EXPECT_EQ(driver.session.left("tea").text,
              R"({"t":"left","room":"tea","id":)" + std::to_string(id + 1) + "}");
    driver.session.end_leave();
  }
}

// --- what the server asks

TEST(ServerAnswers, AskIsAMessageWithAnIdOfTheServers) {
  ServerDriver driver;
  driver.handle(50);
  const auto first = driver.session.ask(R"({"ready":true})");
  EXPECT_EQ(first.id, 1u);
  EXPECT_TRUE(first.frame.counted);
  EXPECT_EQ(first.frame.text, R"({"t":"message","id":1,"data":{"ready":true}})");
  const auto second = driver.session.ask("2");
  EXPECT_EQ(second.id, 2u);
  EXPECT_EQ(second.frame.text, R"({"t":"message","id":2,"data":2})");
}

TEST(ServerAnswers, AskIsSentAgainWithItsIdAndNumbersGoOn) {
  ServerDriver driver;
  driver.send(driver.session.ask("1").frame);
  driver.session.welcome_back("alice", 0);
  EXPECT_EQ(driver.kept(), std::vector<std::string>{R"({"t":"message","id":1,"data":1})"});
  EXPECT_EQ(driver.session.ask("2").id, 2u);
}

TEST(ServerAnswers, AskLeavesTheMessageWhoseTurnItIsUnanswered) {
  ServerDriver driver = in_turn(7);
  driver.session.ask("1");
  EXPECT_EQ(driver.send(driver.session.done()), R"({"t":"ack","id":7})");
}

}  // namespace
}  // namespace microframe::v1
