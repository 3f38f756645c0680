// What a client's session does where a server, a connection or an application gives it too much: long
// frames, a full connection, answers that cannot be said, a token that does not come.

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "unit/v1/session_driver.hpp"
#include "v1/given_answers.hpp"

namespace microframe::v1 {
namespace {

// As SessionDriver::welcome, by a server that says how long a frame it takes.
void welcome_up_to(SessionDriver& d, std::uint64_t bytes_max, const std::string& name = "s1") {
  d.receive(R"({"t":"welcome","session":")" + name +
            R"(","secret":"x","user":"alice","resumed":false,"handled":0,"ping_ms":25000,)" +
            R"("message_bytes_max":)" + std::to_string(bytes_max) + "}");
}

std::string code_of(SessionDriver& d, std::uint64_t ticket) {
  for (const Settle& one : d.settled) {
    if (one.ticket == ticket) return one.code.empty() ? "done" : one.code;
  }
  return "open";
}

std::string quoted(std::size_t letters) {
  return '"' + std::string(letters, 'x') + '"';
}

// --- 26: too long ---

TEST(ClientLimits, E26_MessageThatTheServerWouldNotTakeIsRefusedAlone) {
  SessionDriver d;
  d.session.connect(d.now_ms);
  const auto early = d.send(quoted(200));
  d.open();
  welcome_up_to(d, 100);
  EXPECT_EQ(code_of(d, early), "too_long") << "it waited for the welcome";
  const auto frame_of = [](std::size_t letters, int id) {
    return R"({"t":"message","id":)" + std::to_string(id) + R"(,"data":)" + quoted(letters) + "}";
  };
  const std::size_t fitting = 100 - frame_of(0, 2).size();
  const auto fits = d.send(quoted(fitting));
  const auto long_by_one = d.send(quoted(fitting + 1));
  EXPECT_EQ(d.next_sent(), frame_of(fitting, 2)) << "the whole frame counts, to the byte";
  EXPECT_EQ(d.next_sent(), "");
  EXPECT_EQ(code_of(d, fits), "open");
  EXPECT_EQ(code_of(d, long_by_one), "too_long");
  d.session.send_binary(90, std::string(91, 'b'), d.now_ms);
  d.session.send_binary(91, std::string(90, 'b'), d.now_ms);
  d.look();
  EXPECT_EQ(code_of(d, 90), "too_long");
  EXPECT_EQ(d.next_sent().size(), 100U);
  d.session.post(quoted(100), d.now_ms);
  d.look();
  EXPECT_EQ(d.next_sent(), "");
}

TEST(ClientLimits, E26_BytesOfUtf8CountAndNotCharacters) {
  SessionDriver d;
  d.session.connect(d.now_ms);
  d.open();
  welcome_up_to(d, 60);
  EXPECT_EQ(code_of(d, d.send("\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\"")), "open");
  EXPECT_EQ(code_of(d, d.send("\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
                              "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\"")),
            "too_long");
}

TEST(ClientLimits, E26_ServerThatSaysNoLimitTakesAll) {
  SessionDriver d;
  d.start();
  EXPECT_EQ(code_of(d, d.send(quoted(3'000'000))), "open");
  EXPECT_GT(d.next_sent().size(), 3'000'000U);
}

TEST(ClientLimits, E26_Close1009FailsTheMessageUnderWayAndNothingElse) {
  SessionDriver d;
  d.start();
  const auto first = d.send("1");
  d.receive(R"({"t":"ack","id":1})");
  const auto culprit = d.send(quoted(5'000));
  const auto behind = d.send("3");
  d.sent.clear();
  d.receive(R"({"t":"bye","code":1009,"reason":"message too big","reconnect":false,"retry_ms":0})");
  d.lose(1009, "message too big");
  EXPECT_EQ(d.states.back().state, ClientState::reconnecting);
  EXPECT_EQ(code_of(d, first), "done");
  EXPECT_EQ(code_of(d, culprit), "too_long");
  EXPECT_EQ(code_of(d, behind), "open");
  d.pass(60'000);
  d.open();
  d.welcome(false, 0, "s2");
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":1,"data":3})")
      << "it never arrived, and is sent in the new session";
  d.receive(R"({"t":"ack","id":1})");
  EXPECT_EQ(code_of(d, behind), "done");
}

TEST(ClientLimits, E26_AfterClose1009AResumedSessionGoesOnWithoutTheLongMessage) {
  SessionDriver d;
  d.start();
  const auto before = d.send("1");
  const auto culprit = d.send(quoted(5'000));
  const auto behind = d.send("3");
  d.sent.clear();
  d.lose(1009, "message too big");
  d.pass(60'000);
  d.open();
  d.welcome(true, 1);
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":4,"data":3})");
  d.receive(R"({"t":"ack","id":1})");
  d.receive(R"({"t":"ack","id":4})");
  EXPECT_EQ(code_of(d, before), "done");
  EXPECT_EQ(code_of(d, culprit), "too_long");
  EXPECT_EQ(code_of(d, behind), "done");
}

TEST(ClientLimits, E26_Close1009BecauseOfAPostFailsNoMessage) {
  SessionDriver d;
  d.start();
  const auto waits = d.send("1");
  d.session.post(quoted(5'000), d.now_ms);
  d.look();
  d.lose(1009, "message too big");
  EXPECT_EQ(code_of(d, waits), "open");
  d.sent.clear();
  d.pass(60'000);
  d.open();
  d.welcome(true, 1);
  EXPECT_EQ(d.next_sent(), "") << "the post is not sent again";
}

TEST(ClientLimits, E26_AnswerThatWasTooLongIsNotGivenAgain) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"message","id":7,"data":1})");
  const Json reply(std::string(5'000, 'x'));
  d.session.answer(d.messages[0], &reply);
  d.look();
  d.lose(1009, "message too big");
  d.sent.clear();
  d.pass(60'000);
  d.open();
  d.welcome(true, 0);
  EXPECT_EQ(d.next_sent(), "");
}

TEST(ClientLimits, E26_ReplyLongerThanTheServerTakesIsAnError) {
  SessionDriver d;
  d.session.connect(d.now_ms);
  d.open();
  welcome_up_to(d, 100);
  d.receive(R"({"t":"message","id":7,"data":1})");
  const Json reply(std::string(100, 'x'));
  d.session.answer(d.messages[0], &reply);
  d.look();
  EXPECT_EQ(d.next_sent().substr(0, 40), R"({"t":"error","id":7,"code":"failed","mes)");
}

// --- 34: replies that cannot be said, a token that does not come ---

TEST(ClientLimits, E34_ReplyThatIsNotJsonIsAnsweredWithAnError) {
  const Json replies[] = {Json("\xFF"),
                          Json("\xC3"),
                          Json({{"\xFF", 1}}),
                          std::numeric_limits<double>::quiet_NaN(),
                          std::numeric_limits<double>::infinity(),
                          Json({1, -std::numeric_limits<double>::infinity()})};
  for (const Json& reply : replies) {
    SessionDriver d;
    d.start();
    d.receive(R"({"t":"message","id":7,"data":1})");
    d.session.answer(d.messages[0], &reply);
    d.look();
    const std::string answer = d.next_sent();
    EXPECT_TRUE(answer.starts_with(R"({"t":"error","id":7,"code":"failed","message":"the reply)"))
        << answer;
    for (const char c : answer) EXPECT_LT(static_cast<unsigned char>(c), 0x80U);
  }
}

class TokenTime : public testing::Test {
 protected:
  static ClientSession::Options options() {
    ClientSession::Options made;
    made.token_ms = 10'000;
    made.comeback = {1'000, 1'000};
    return made;
  }
  SessionDriver d{options()};
};

TEST_F(TokenTime, E34_TokenThatDoesNotComeIsAskedForAgain) {
  d.session.connect(d.now_ms);
  d.pass(9'999);
  EXPECT_EQ(d.fetches, 1);
  EXPECT_TRUE(d.problems.empty());
  d.pass(1);
  ASSERT_EQ(d.problems.size(), 1U);
  EXPECT_EQ(d.problems[0].code, "no_token");
  EXPECT_EQ(d.states.back().state, ClientState::reconnecting);
  d.pass(500);
  EXPECT_EQ(d.fetches, 2);
  d.session.token("a.b.c", std::nullopt, d.now_ms);
  d.look();
  ASSERT_TRUE(d.opening);
  EXPECT_EQ(d.opening->token, "a.b.c");
}

TEST_F(TokenTime, E34_TokenThatComesLateIsTaken) {
  d.session.connect(d.now_ms);
  d.pass(10'600);
  EXPECT_EQ(d.fetches, 2);
  d.session.token("late", std::nullopt, d.now_ms);
  d.look();
  ASSERT_TRUE(d.opening);
  EXPECT_EQ(d.opening->token, "late");
}

TEST_F(TokenTime, E34_ConnectionLivesOnWhileAFreshTokenDoesNotCome) {
  d.session.connect(d.now_ms);
  d.look();
  d.session.token("a", 20'000, d.now_ms);
  d.open();
  d.welcome();
  d.pass(16'000);
  EXPECT_EQ(d.fetches, 2);
  d.receive(R"({"t":"pong"})");
  d.pass(10'000);
  EXPECT_EQ(d.problems.size(), 1U);
  EXPECT_EQ(d.session.state(), ClientState::open);
  d.receive(R"({"t":"pong"})");
  d.pass(10'000);
  EXPECT_EQ(d.fetches, 3) << "asked again after a pause";
}

// --- 36: a connection that takes nothing more ---

TEST(ClientLimits, E36_WhatIsSentAfterTheServersCloseWaitsForTheNextConnection) {
  SessionDriver d;
  d.start();
  d.session.closing();
  const auto late = d.send("1");
  d.session.post("2", d.now_ms);
  d.look();
  EXPECT_EQ(d.next_sent(), "");
  EXPECT_EQ(d.session.state(), ClientState::open) << "until the end of the connection is told";
  d.lose(1012);
  d.pass(60'000);
  d.open();
  d.welcome(false, 0, "s2");
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":1,"data":1})");
  EXPECT_EQ(code_of(d, late), "open");
}

TEST(ClientLimits, E36_AnswerAfterTheServersCloseIsGivenWhenTheSessionGoesOn) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"message","id":7,"data":1})");
  d.session.closing();
  d.session.answer(d.messages[0], nullptr);
  d.look();
  EXPECT_EQ(d.next_sent(), "");
  d.come_back();
  d.welcome(true);
  EXPECT_EQ(d.next_sent(), R"({"t":"ack","id":7})");
}

TEST(ClientLimits, E36_FullConnectionIsGivenNoMoreAndTheQueueHasItsBounds) {
  ClientSession::Options options = SessionDriver::tokenless();
  options.queue = {100, 1'000};
  SessionDriver d(options);
  d.start();
  d.session.set_outbox(ClientExchange::kOutboxBytes);
  const auto first = d.send("1");
  d.session.set_outbox(ClientExchange::kOutboxBytes);
  d.session.post("2", d.now_ms);
  d.look();
  EXPECT_EQ(d.next_sent(), "");
  EXPECT_EQ(code_of(d, first), "open");
  d.session.set_outbox(ClientExchange::kOutboxBytes);
  EXPECT_EQ(code_of(d, d.send(quoted(1'000))), "queue_full");
  d.session.drained(d.now_ms);
  d.look();
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":1,"data":1})");
}

class PlainOutbox : public testing::Test {
 protected:
  static ClientSession::Options options() {
    ClientSession::Options made = SessionDriver::tokenless();
    made.plain = true;
    made.queue = {100, 1'000'000};
    return made;
  }
  PlainOutbox() {
    d.session.connect(d.now_ms);
    d.open("");
    d.look();
  }
  SessionDriver d{options()};
};

TEST_F(PlainOutbox, E36_MessageIsSentOnceItHasLeft) {
  const auto one = d.send("one");
  EXPECT_EQ(d.next_sent(), "one");
  EXPECT_EQ(code_of(d, one), "open");
  d.session.drained(d.now_ms);
  d.look();
  EXPECT_EQ(code_of(d, one), "done");
}

TEST_F(PlainOutbox, E36_MessageThatHadNotLeftFailsWithItsConnectionAndIsNotSentTwice) {
  const auto stuck = d.send("stuck");
  d.session.set_outbox(ClientExchange::kOutboxBytes);
  const auto waits = d.send("waits");
  EXPECT_EQ(d.next_sent(), "stuck");
  d.lose();
  EXPECT_EQ(code_of(d, stuck), "session_lost");
  EXPECT_EQ(code_of(d, waits), "open");
  d.pass(60'000);
  d.open("");
  EXPECT_EQ(d.next_sent(), "waits");
  EXPECT_EQ(d.next_sent(), "");
}

TEST_F(PlainOutbox, E36_AfterTheServersCloseMessagesWaitForTheNextConnection) {
  d.session.closing();
  const auto late = d.send("late");
  EXPECT_EQ(d.next_sent(), "");
  d.session.drained(d.now_ms);
  d.look();
  EXPECT_EQ(code_of(d, late), "open");
  d.lose(1001);
  d.pass(60'000);
  d.open("");
  EXPECT_EQ(d.next_sent(), "late");
  d.session.closing();
  const auto last = d.send("last");
  d.lose(1000);
  EXPECT_EQ(code_of(d, last), "closed") << "the server wants no more";
}

TEST_F(PlainOutbox, E36_QueueIsBoundedWhileTheServerDoesNotRead) {
  int refused = 0;
  std::size_t given = 0;
  for (int i = 0; i < 300; ++i) {
    d.session.set_outbox(given);
    refused += code_of(d, d.send(std::string(100'000, 'x'))) == "queue_full" ? 1 : 0;
    for (; !d.sent.empty(); d.sent.pop_front()) given += d.sent.front().size();
  }
  EXPECT_EQ(refused, 290);
  EXPECT_LE(given, ClientExchange::kOutboxBytes + 100'000);
}

TEST_F(PlainOutbox, E36_CloseLeavesToWhatIsOnItsWayItsChance) {
  const auto on_its_way = d.send("one");
  d.session.set_outbox(ClientExchange::kOutboxBytes);
  const auto waits = d.send("two");
  d.session.close(1000, "");
  d.look();
  EXPECT_EQ(code_of(d, waits), "closed");
  EXPECT_EQ(code_of(d, on_its_way), "open");
  d.session.drained(d.now_ms);
  d.look();
  EXPECT_EQ(code_of(d, on_its_way), "done");
}

// --- 11: posts have a pace ---

TEST(ClientLimits, E11_PostsStayWithinThePaceAndDoNotStarveMessages) {
  ClientSession::Options options = SessionDriver::tokenless();
  options.pace = {10, 5};
  SessionDriver d(options);
  d.start();
  for (int i = 0; i < 100; ++i) d.session.post("1", d.now_ms);
  d.look();
  EXPECT_EQ(d.sent.size(), 5U);
  d.pass(1'000);
  for (int i = 0; i < 100; ++i) d.session.post("1", d.now_ms);
  d.look();
  EXPECT_LE(d.sent.size(), 10U) << "the burst is five";
  d.sent.clear();
  d.send("2");
  d.pass(1'000);
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":1,"data":2})");
}

// --- 37: a server that says too much ---

TEST(ClientLimits, E37_ServerThatNamesTooManyRoomsIsNotRemembered) {
  ClientSession::Options options = SessionDriver::tokenless();
  options.rooms.rooms_max = 3;
  SessionDriver d(options);
  d.start();
  for (int i = 0; i < 10; ++i) d.receive(R"({"t":"joined","room":"r)" + std::to_string(i) + "\"}");
  EXPECT_EQ(d.session.rooms().names().size(), 3U);
  EXPECT_EQ(d.joined.size(), 3U);
  EXPECT_EQ(d.problems.size(), 7U);
  EXPECT_EQ(d.problems[0].code, "too_many_rooms");
  EXPECT_EQ(code_of(d, d.join("mine")), "too_many_rooms");
}

TEST(ClientLimits, E37_PresenceThatGrowsWithoutEndIsGivenUpAndTold) {
  ClientSession::Options options = SessionDriver::tokenless();
  options.rooms.bytes_max = 20'000;
  SessionDriver d(options);
  d.start();
  d.receive(R"({"t":"joined","room":"r","presence":{}})");
  for (int i = 0; i < 1'000; ++i)
    d.receive(R"({"t":"presence","room":"r","joins":{"u)" + std::to_string(i) +
              R"(":[{"device":"1"}]},"leaves":{}})");
  EXPECT_TRUE(d.session.rooms().presence("r").is_null());
  ASSERT_EQ(d.problems.size(), 1U);
  EXPECT_EQ(d.problems[0].code, "presence_too_big");
}

TEST(GivenAnswersTest, E37_BytesAreBoundedAndTheLatestIsKept) {
  GivenAnswers answers;
  for (int i = 0; i < 10; ++i) answers.add(std::string(GivenAnswers::kBytesMax / 2, 'x'), 0);
  int kept = 0;
  answers.for_each([&](const std::string&) { ++kept; });
  EXPECT_EQ(kept, 2);
  answers.add(std::string(GivenAnswers::kBytesMax + 1, 'y'), 0);
  std::string all;
  answers.for_each([&](const std::string& frame) { all += frame.substr(0, 1); });
  EXPECT_EQ(all, "y");
}

// --- 22: the latest messages of a room that the server chose too ---

TEST(ClientLimits, E22_LatestMessagesComeThoughTheServerPutsUsInAsWell) {
  SessionDriver d;
  d.start();
  d.join("everyone", 20);
  EXPECT_EQ(d.next_sent(), R"({"t":"join","id":1,"room":"everyone","last":20})");
  d.receive(R"({"t":"joined","room":"everyone","epoch":"e","offset":7})");
  d.receive(R"({"t":"joined","room":"everyone","id":1,"epoch":"e","offset":7})");
  for (int offset = 1; offset <= 8; ++offset)
    d.receive(R"({"t":"message","room":"everyone","offset":)" + std::to_string(offset) +
              R"(,"data":1})");
  EXPECT_EQ(d.messages.size(), 8U);
}

TEST(ClientLimits, C22_LatestMessagesComeBeforeWhatComesMeanwhile) {
  SessionDriver d;
  d.start();
  const auto message = [&](int offset) {
    d.receive(R"({"t":"message","room":"everyone","offset":)" + std::to_string(offset) +
              R"(,"data":)" + std::to_string(offset) + "}");
  };
  d.receive(R"({"t":"joined","room":"everyone","epoch":"e","offset":3})");
  message(4);
  d.join("everyone", 20);
  EXPECT_EQ(d.next_sent(), R"({"t":"join","id":1,"room":"everyone",)"
                           R"("since":{"epoch":"e","offset":4,"session":"s1"},"last":20})");
  message(5);
  d.receive(R"({"t":"joined","room":"everyone","id":1,"epoch":"e","offset":5,"recovered":true})");
  for (int offset = 1; offset <= 6; ++offset) message(offset);
  std::string heard;
  for (const auto& one : d.messages) heard += to_text(one.data);
  EXPECT_EQ(heard, "412356");
}

TEST(ClientLimits, C22_JoinThatIsTooLongForTheServerHoldsNothingUp) {
  SessionDriver d;
  d.session.connect(d.now_ms);
  d.open();
  welcome_up_to(d, 200);
  d.receive(R"({"t":"joined","room":"r","epoch":")" + std::string(200, 'e') + R"(","offset":3})");
  EXPECT_EQ(code_of(d, d.join("r", 20)), "too_long");
  d.receive(R"({"t":"message","room":"r","offset":4,"data":4})");
  EXPECT_EQ(d.messages.size(), 1U);
}

}  // namespace
}  // namespace microframe::v1
