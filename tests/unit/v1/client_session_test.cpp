// A client's session over its connections: welcome, loss, resume, a new session; what is told when.
#include "v1/client_session.hpp"

#include <gtest/gtest.h>

#include "unit/v1/session_driver.hpp"

namespace microframe::v1 {
namespace {

TEST(ClientSessionTest, OffersTheProtocolAndIsWelcomed) {
  SessionDriver d;
  d.session.connect(d.now_ms);
  EXPECT_EQ(d.open(), std::vector<std::string>{"microframe.v1"});
  EXPECT_EQ(d.states.back().state, ClientState::connecting);
  d.welcome();
  EXPECT_EQ(d.states.back().state, ClientState::open);
  EXPECT_FALSE(d.states.back().resumed);
  EXPECT_EQ(d.states.back().session, "s1");
  EXPECT_EQ(d.states.back().user, "alice");
  EXPECT_EQ(d.session.state(), ClientState::open);
}

TEST(ClientSessionTest, WhatIsAskedBeforeTheWelcomeGoesAfterIt) {
  SessionDriver d;
  d.send("1");
  d.session.connect(d.now_ms);
  d.send("2");
  d.open();
  d.send("3");
  EXPECT_EQ(d.next_sent(), "");
  d.welcome();
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":1,"data":1})");
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":2,"data":2})");
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":3,"data":3})");
}

TEST(ClientSessionTest, AnAnswerSettlesItsOwn) {
  SessionDriver d;
  d.start();
  const auto first = d.send("1");
  const auto second = d.send("2");
  d.receive(R"({"t":"error","id":2,"code":"bad_message","message":"no"})");
  d.receive(R"({"t":"ack","id":1,"data":{"a":1}})");
  ASSERT_EQ(d.settled.size(), 2U);
  EXPECT_EQ(d.settled[0].ticket, second);
  EXPECT_EQ(d.settled[0].code, "bad_message");
  EXPECT_EQ(d.settled[0].message, "no");
  EXPECT_EQ(d.settled[1].ticket, first);
  EXPECT_EQ(d.settled[1].code, "");
  EXPECT_EQ(to_text(d.settled[1].reply), R"({"a":1})");
  d.receive(R"({"t":"ack","id":1})");
  EXPECT_EQ(d.settled.size(), 2U) << "once";
}

TEST(ClientSessionTest, ALostConnectionIsResumedWithTheCount) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"message","data":1})");
  d.receive_binary(std::string("\x01\0\0\0\0\0\0\0\0\0", 10) + "x");
  d.receive(R"({"t":"later","of":"a later version"})");
  d.receive(R"({"t":"pong"})");
  EXPECT_EQ(d.come_back(), (std::vector<std::string>{"microframe.v1", "resume.s1.xs1.3.1"}));
  ASSERT_EQ(d.states.size(), 1U);
  EXPECT_EQ(d.states[0].state, ClientState::reconnecting);
  EXPECT_EQ(d.states[0].code, 1006);
  EXPECT_EQ(d.states[0].retry.count(), 250);
  d.welcome(true);
  EXPECT_TRUE(d.states.back().resumed);
  d.receive(R"({"t":"message","data":2})");
  EXPECT_EQ(d.come_back().at(1), "resume.s1.xs1.4.2");
}

TEST(ClientSessionTest, AttemptsThatFailAreCountedToo) {
  SessionDriver d;
  d.start();
  EXPECT_EQ(d.come_back().at(1), "resume.s1.xs1.0.1");
  EXPECT_EQ(d.come_back().at(1), "resume.s1.xs1.0.2") << "there was no welcome";
}

TEST(ClientSessionTest, AFrameThatCannotBeReadIsCountedAndHarmsNothing) {
  SessionDriver d;
  d.start();
  d.receive("{");
  d.receive_binary("short");
  EXPECT_EQ(d.problems.size(), 2U);
  EXPECT_EQ(d.come_back().at(1), "resume.s1.xs1.2.1");
}

TEST(ClientSessionTest, ResumedItSendsAgainWhatIsAboveHandled) {
  SessionDriver d;
  d.start();
  d.send("1");
  d.send("2");
  d.join("r");
  d.sent.clear();
  d.lose();
  d.send("4");
  d.pass(60'000);
  d.open();
  d.welcome(true, 1);
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":2,"data":2})");
  EXPECT_EQ(d.next_sent(), R"({"t":"join","id":3,"room":"r"})");
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":4,"data":4})");
  EXPECT_EQ(d.next_sent(), "");
  EXPECT_TRUE(d.settled.empty()) << "the answer to 1 is yet to come";
}

TEST(ClientSessionTest, ANewSessionTellsWhatIsLostAndSendsWhatNeverWent) {
  SessionDriver d;
  d.start();
  const auto lost = d.send("1");
  d.sent.clear();
  d.lose();
  d.send("2");
  d.pass(60'000);
  d.open();
  d.welcome(false, 0, "s2");
  ASSERT_EQ(d.settled.size(), 1U);
  EXPECT_EQ(d.settled[0].ticket, lost);
  EXPECT_EQ(d.settled[0].code, "session_lost");
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":1,"data":2})");
  EXPECT_FALSE(d.states.back().resumed);
  d.receive(R"({"t":"ack","id":1})");
  EXPECT_EQ(d.come_back().at(1), "resume.s2.xs2.1.1") << "the counts have begun anew";
}

TEST(ClientSessionTest, AServerThatClaimsToResumeWhatIsNotThereBeginsANewSession) {
  SessionDriver d;
  d.session.connect(d.now_ms);
  d.send("1");
  d.open();
  d.welcome(true, 5);
  EXPECT_FALSE(d.states.back().resumed);
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":1,"data":1})");
}

TEST(ClientSessionTest, TheRoomsOfALostSessionAreAskedForFirst) {
  SessionDriver d;
  d.start();
  d.join("b");
  d.join("a");
  d.receive(R"({"t":"joined","id":1,"room":"b","epoch":"e","offset":4})");
  d.receive(R"({"t":"joined","id":2,"room":"a"})");
  EXPECT_EQ(to_text(d.settled[0].reply), R"({"room":"b","epoch":"e","offset":4})");
  EXPECT_FALSE(d.joined[0].again);
  d.receive(R"({"t":"message","room":"b","offset":5,"data":1})");
  d.sent.clear();
  d.joined.clear();
  d.lose();
  d.send("1");
  d.pass(60'000);
  d.open();
  d.welcome(false, 0, "s2");
  EXPECT_EQ(d.next_sent(), R"({"t":"join","id":1,"room":"a"})");
  EXPECT_EQ(d.next_sent(),
            R"({"t":"join","id":2,"room":"b","since":{"epoch":"e","offset":5,"session":"s1"}})");
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":3,"data":1})");
  d.receive(R"({"t":"joined","id":2,"room":"b","epoch":"e","offset":6,"recovered":true})");
  ASSERT_EQ(d.joined.size(), 1U);
  EXPECT_TRUE(d.joined[0].again);
  EXPECT_EQ(d.joined[0].recovered, true);
  d.receive(R"({"t":"message","room":"b","offset":6,"data":2})");
  EXPECT_EQ(to_text(d.messages.back().data), "2");
}

TEST(ClientSessionTest, ARoomThatIsRefusedAnewIsTold) {
  SessionDriver d;
  d.start();
  d.join("r");
  d.receive(R"({"t":"joined","id":1,"room":"r"})");
  d.come_back();
  d.welcome(false, 0, "s2");
  d.receive(R"({"t":"error","id":1,"code":"forbidden","message":"no"})");
  ASSERT_EQ(d.left.size(), 1U);
  EXPECT_EQ(d.left[0].room, "r");
  EXPECT_EQ(d.left[0].code, "forbidden");
  d.sent.clear();
  d.come_back();
  d.welcome(false, 0, "s3");
  EXPECT_EQ(d.next_sent(), "") << "and not asked for again";
}

TEST(ClientSessionTest, AJoinOrLeaveWithoutAnAnswerOutlivesItsSession) {
  SessionDriver d;
  d.start();
  d.join("in");
  d.receive(R"({"t":"joined","id":1,"room":"in"})");
  const auto join = d.join("r");
  const auto leave = d.leave("in");
  d.settled.clear();
  d.sent.clear();
  d.come_back();
  d.welcome(false, 0, "s2");
  ASSERT_EQ(d.settled.size(), 1U);
  EXPECT_EQ(d.settled[0].ticket, leave);
  EXPECT_EQ(d.settled[0].code, "") << "nobody is in a room of a new session";
  EXPECT_EQ(d.next_sent(), R"({"t":"join","id":1,"room":"r"})");
  EXPECT_EQ(d.next_sent(), "");
  d.receive(R"({"t":"joined","id":1,"room":"r"})");
  EXPECT_EQ(d.settled.back().ticket, join);
}

TEST(ClientSessionTest, RoomsOfTheServersChoiceAreLostWithTheSession) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"joined","room":"r"})");
  d.come_back();
  d.welcome(false, 0, "s2");
  ASSERT_EQ(d.left.size(), 1U);
  EXPECT_EQ(d.left[0].code, "session_lost");
}

TEST(ClientSessionTest, ARepeatOfARoomIsDroppedAndCounted) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"joined","room":"r","epoch":"e","offset":4})");
  d.receive(R"({"t":"message","room":"r","offset":5,"data":1})");
  d.receive(R"({"t":"message","room":"r","offset":5,"data":1})");
  d.receive_binary(std::string("\x01\0\0\0\0\0\0\0\x05\x01", 10) + "rx");
  d.receive_binary(std::string("\x01\0\0\0\0\0\0\0\x06\x01", 10) + "ry");
  EXPECT_EQ(d.messages.size(), 1U);
  ASSERT_EQ(d.binaries.size(), 1U);
  EXPECT_EQ(d.binaries[0].bytes, "y");
  EXPECT_EQ(d.binaries[0].room, "r");
  EXPECT_EQ(d.binaries[0].offset, 6U);
  EXPECT_EQ(d.come_back().at(1), "resume.s1.xs1.5.1");
}

TEST(ClientSessionTest, TheCountIsToldEverySecondAndEvery64Frames) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"message","data":1})");
  d.pass(999);
  EXPECT_EQ(d.next_sent(), "");
  d.pass(1);
  EXPECT_EQ(d.next_sent(), R"({"t":"received","n":1})");
  d.pass(5'000);
  EXPECT_EQ(d.next_sent(), "") << "nothing came since";
  for (int i = 0; i < 64; ++i) d.receive(R"({"t":"message","data":1})");
  EXPECT_EQ(d.next_sent(), R"({"t":"received","n":65})");
}

TEST(ClientSessionTest, AnAnswerIsGivenAndGivenAgainAfterALoss) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"message","id":7,"data":1})");
  d.receive(R"({"t":"message","id":8,"data":2})");
  const Json reply = "done";
  d.session.answer(d.messages[0], &reply);
  d.look();
  EXPECT_EQ(d.next_sent(), R"({"t":"ack","id":7,"data":"done"})");
  d.lose();
  d.session.answer_error(d.messages[1], "failed", "no");  // its handler ends without a connection
  d.pass(60'000);
  d.open();
  d.welcome(true);
  EXPECT_EQ(d.next_sent(), R"({"t":"ack","id":7,"data":"done"})");
  EXPECT_EQ(d.next_sent(), R"({"t":"error","id":8,"code":"failed","message":"no"})");
  d.send("1");
  d.receive(R"({"t":"ack","id":1})");
  d.sent.clear();
  d.come_back();
  d.welcome(true, 1);
  EXPECT_EQ(d.next_sent(), "") << "the server has read past them";
}

TEST(ClientSessionTest, AnAnswerFromALostSessionIsForNobody) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"message","id":7,"data":1})");
  d.come_back();
  d.welcome(false, 0, "s2");
  d.sent.clear();
  d.session.answer(d.messages[0], nullptr);
  d.look();
  EXPECT_EQ(d.next_sent(), "");
}

TEST(ClientSessionTest, AMessageWithoutAnIdIsNotAnswered) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"message","data":1})");
  d.session.answer(d.messages[0], nullptr);
  d.look();
  EXPECT_EQ(d.next_sent(), "");
}

TEST(ClientSessionTest, APostIsSentNowOrNever) {
  SessionDriver d;
  d.session.post("1", d.now_ms);
  d.start();
  d.session.post("2", d.now_ms);
  d.look();
  EXPECT_EQ(d.next_sent(), R"({"t":"message","data":2})");
  d.come_back();
  d.welcome(true);
  EXPECT_EQ(d.next_sent(), "");
}

TEST(ClientSessionTest, ByeSaysWhenToComeBack) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"bye","code":1012,"reason":"restart","reconnect":true,"retry_ms":7000})");
  ASSERT_EQ(d.byes.size(), 1U);
  EXPECT_EQ(d.byes[0].code, 1012);
  EXPECT_EQ(d.byes[0].retry.count(), 7'000);
  d.lose(1012, "restart");
  EXPECT_EQ(d.states.back().retry.count(), 7'000);
  EXPECT_EQ(d.states.back().code, 1012);
  EXPECT_EQ(d.states.back().reason, "restart");
  d.pass(6'999);
  EXPECT_FALSE(d.opening);
  d.pass(1);
  ASSERT_TRUE(d.opening);
  EXPECT_EQ(d.open().at(1), "resume.s1.xs1.0.1") << "a bye is not counted";
  d.lose();
  EXPECT_EQ(d.states.back().retry.count(), 500) << "the advice was for one end alone";
}

TEST(ClientSessionTest, ByeAgainstComingBackIsTheEnd) {
  SessionDriver d;
  d.start();
  const auto waits = d.send("1");
  d.receive(R"({"t":"bye","code":1001,"reason":"gone","reconnect":false,"retry_ms":0})");
  d.lose(1001, "gone");
  EXPECT_EQ(d.states.back().state, ClientState::closed);
  ASSERT_EQ(d.settled.size(), 1U);
  EXPECT_EQ(d.settled[0].ticket, waits);
  EXPECT_EQ(d.settled[0].code, "closed");
  EXPECT_FALSE(d.session.deadline_ms());
  d.send("2");
  EXPECT_EQ(d.settled.back().code, "closed");
}

TEST(ClientSessionTest, WhatDoesNotHealIsTheEnd) {
  struct {
    int code;
    const char* word;
  } const ends[] = {{1000, "closed"}, {4403, "forbidden"}, {4409, "replaced"}};
  for (const auto& [code, word] : ends) {
    SessionDriver d;
    d.start();
    d.send("1");
    d.lose(static_cast<std::uint16_t>(code), "why");
    EXPECT_EQ(d.states.back().state, ClientState::closed) << code;
    EXPECT_EQ(d.states.back().code, code);
    EXPECT_EQ(d.states.back().reason, "why");
    EXPECT_EQ(d.settled.at(0).code, word);
  }
}

TEST(ClientSessionTest, AfterTheEndItMayBeginAnew) {
  SessionDriver d;
  d.start();
  d.join("r");
  d.receive(R"({"t":"joined","id":1,"room":"r"})");
  d.lose(4403);
  d.sent.clear();
  d.session.connect(d.now_ms);
  EXPECT_EQ(d.open(), std::vector<std::string>{"microframe.v1"}) << "the session is forgotten";
  d.welcome(false, 0, "s2");
  EXPECT_EQ(d.next_sent(), "") << "and its rooms";
  d.session.connect(d.now_ms);
  d.look();
  EXPECT_FALSE(d.opening) << "it is connected already";
}

TEST(ClientSessionTest, ClosingSettlesAllAndSaysClose) {
  SessionDriver d;
  d.start();
  d.send("1");
  d.session.close(1001, "bye");
  d.look();
  ASSERT_TRUE(d.closing);
  EXPECT_EQ(d.closing->code, 1001);
  EXPECT_EQ(d.closing->reason, "bye");
  EXPECT_EQ(d.settled.back().code, "closed");
  d.send("2");
  EXPECT_EQ(d.settled.size(), 2U);
  d.receive(R"({"t":"message","data":1})");
  EXPECT_TRUE(d.messages.empty());
  d.lose(1001, "bye");
  EXPECT_EQ(d.states.back().state, ClientState::closed);
  EXPECT_EQ(d.states.back().code, 1001);
}

TEST(ClientSessionTest, ClosingWithoutAConnectionIsDoneAtOnce) {
  SessionDriver d;
  d.start();
  d.lose();
  d.send("1");
  d.session.close(1000, "enough");
  d.look();
  EXPECT_FALSE(d.closing);
  EXPECT_EQ(d.states.back().state, ClientState::closed);
  EXPECT_EQ(d.states.back().reason, "enough");
  d.pass(60'000);
  EXPECT_FALSE(d.opening);
}

TEST(ClientSessionTest, AServerThatDoesNotSpeakTheProtocolIsLeft) {
  SessionDriver d;
  d.session.connect(d.now_ms);
  d.open("");
  ASSERT_TRUE(d.closing);
  d.lose(1000);
  EXPECT_EQ(d.states.back().state, ClientState::closed);
  EXPECT_NE(d.states.back().reason.find("microframe.v1"), std::string::npos);
}

TEST(ClientSessionTest, AnAnswerBeginsTheWaitsAnew) {
  SessionDriver d;
  d.start();
  d.lose();
  d.pass(60'000);
  d.open();
  d.welcome(true);
  d.lose();
  EXPECT_EQ(d.states.back().retry.count(), 500);
  d.pass(60'000);
  d.open();
  d.welcome(true);
  d.send("1");
  d.receive(R"({"t":"ack","id":1})");
  d.lose();
  EXPECT_EQ(d.states.back().retry.count(), 250);
}

TEST(ClientSessionTest, NoWelcomeInTimeIsALoss) {
  SessionDriver d;
  d.session.connect(d.now_ms);
  d.open();
  d.pass(9'999);
  EXPECT_EQ(d.dropped, 0);
  d.pass(1);
  EXPECT_EQ(d.dropped, 1);
  EXPECT_EQ(d.states.back().state, ClientState::reconnecting);
  d.pass(1'000);
  EXPECT_TRUE(d.opening);
}

TEST(ClientSessionTest, ASilentServerIsAskedAndGivenUp) {
  SessionDriver d;
  d.start();
  d.pass(24'999);
  EXPECT_EQ(d.next_sent(), "");
  d.pass(1);
  EXPECT_EQ(d.next_sent(), R"({"t":"ping"})");
  d.pass(9'000);
  d.receive(R"({"t":"pong"})");
  d.pass(24'999);
  EXPECT_EQ(d.next_sent(), "");
  d.pass(1);
  EXPECT_EQ(d.next_sent(), R"({"t":"ping"})");
  d.session.heard(d.now_ms + 1);  // the server's own Ping
  d.pass(25'000);
  EXPECT_EQ(d.dropped, 0);
  d.pass(60'000);
  EXPECT_EQ(d.dropped, 1);
  EXPECT_NE(d.states.at(0).reason.find("stopped answering"), std::string::npos);
}

TEST(ClientSessionTest, WhatHasGatheredIsSentAtThePaceOfTheServersLimit) {
  ClientSession::Options options = SessionDriver::tokenless();
  options.pace = {10, 3};
  SessionDriver d(options);
  for (int i = 0; i < 6; ++i) d.send("1");
  d.session.connect(d.now_ms);
  d.open();
  d.welcome();
  EXPECT_EQ(d.sent.size(), 3U);
  d.pass(250);
  EXPECT_EQ(d.sent.size(), 5U);
  d.lose();
  d.pass(60'000);
  d.open();
  d.sent.clear();
  d.welcome(true, 3);
  EXPECT_EQ(d.sent.size(), 3U) << "the server counts anew with each connection";
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":4,"data":1})");
}

TEST(ClientSessionTest, MoreThanMayWaitIsRefused) {
  ClientSession::Options options = SessionDriver::tokenless();
  options.queue = {2, 100};
  SessionDriver d(options);
  d.send("1");
  d.send("2");
  EXPECT_TRUE(d.settled.empty());
  d.send("3");
  EXPECT_EQ(d.settled.back().code, "queue_full");
  d.start();
  d.receive(R"({"t":"ack","id":1})");
  d.send("4");
  EXPECT_EQ(d.settled.back().code, "");
}

TEST(ClientSessionTest, PresenceIsToldWhereTheRoomHasAny) {
  SessionDriver d;
  d.start();
  d.receive(R"({"t":"joined","room":"r","presence":{"alice":[{"device":"1","meta":{}}]}})");
  d.receive(
      R"({"t":"presence","room":"r","joins":{"bob":[{"device":"2","meta":{}}]},"leaves":{}})");
  d.receive(R"({"t":"presence","room":"other","joins":{},"leaves":{}})");
  EXPECT_EQ(d.presence.size(), 1U);
  EXPECT_EQ(d.session.rooms().presence("r").as_object().size(), 2U);
  d.receive(R"({"t":"left","room":"r"})");
  EXPECT_EQ(d.left.at(0).room, "r");
  EXPECT_TRUE(d.session.rooms().presence("r").is_null());
}

TEST(ClientSessionTest, WithoutReconnectTheFirstEndIsTheLast) {
  ClientSession::Options options = SessionDriver::tokenless();
  options.reconnect = false;
  SessionDriver d(options);
  d.start();
  d.lose();
  EXPECT_EQ(d.states.back().state, ClientState::closed);
}

constexpr char kHeir[] =
    R"({"t":"welcome","session":"s2","secret":"x","user":"alice","resumed":false,"inherits":true})";

TEST(ClientSessionTest, ASessionThatInheritsIsSentWhatWasNotAnswered) {
  SessionDriver d;
  d.start();
  const std::uint64_t ticket = d.send("1");
  d.next_sent();
  d.come_back();
  d.receive(kHeir);
  EXPECT_TRUE(d.settled.empty());
  EXPECT_EQ(d.next_sent(), R"({"t":"message","id":1,"of":"s1.1","data":1})");
  d.receive(R"({"t":"ack","id":1,"data":"yes"})");
  ASSERT_EQ(d.settled.size(), 1U);
  EXPECT_EQ(d.settled[0].ticket, ticket);
  EXPECT_EQ(d.settled[0].code, "");
}

TEST(ClientSessionTest, AnotherUsersSessionInheritsNothing) {
  SessionDriver d;
  d.start();
  d.send("1");
  d.next_sent();
  d.come_back();
  std::string heir = kHeir;
  heir.replace(heir.find("alice"), 5, "bobby");
  d.receive(heir);
  ASSERT_EQ(d.settled.size(), 1U);
  EXPECT_EQ(d.settled[0].code, "session_lost");
  EXPECT_EQ(d.next_sent(), "");
}

}  // namespace
}  // namespace microframe::v1
