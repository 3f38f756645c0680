// A client and its tokens: fetched, kept, refreshed before they end, replaced when they are
// refused; and a client of any other server.
#include <gtest/gtest.h>

#include "unit/v1/session_driver.hpp"

namespace microframe::v1 {
namespace {

class ClientTokensTest : public testing::Test {
 protected:
  SessionDriver d{ClientSession::Options()};

  void give(const std::string& token, std::optional<std::uint64_t> good_for_ms = std::nullopt) {
    d.session.token(token, good_for_ms, d.now_ms);
    d.look();
  }
  void fail(const std::string& why) {
    d.session.token_failed(why, d.now_ms, d.chance);
    d.look();
  }
  void connect() {
    d.session.connect(d.now_ms);
    d.look();
  }
  std::string token_of_opening() { return d.opening ? d.opening->token : "none"; }
};

TEST_F(ClientTokensTest, AConnectionWaitsForItsToken) {
  connect();
  EXPECT_EQ(d.fetches, 1);
  EXPECT_FALSE(d.opening);
  give("a");
  EXPECT_EQ(token_of_opening(), "a");
}

TEST_F(ClientTokensTest, AGoodTokenServesAgain) {
  connect();
  give("a", 900'000);
  d.open();
  d.welcome();
  d.lose();
  d.pass(1'000);
  EXPECT_EQ(d.fetches, 1);
  EXPECT_EQ(token_of_opening(), "a");
}

TEST_F(ClientTokensTest, OneThatHasEndedDoesNot) {
  connect();
  give("a", 100);
  d.open();
  d.pass(200);
  d.lose();
  d.pass(1'000);
  EXPECT_EQ(d.fetches, 2);
  EXPECT_FALSE(d.opening);
  give("b", 100);
  EXPECT_EQ(token_of_opening(), "b");
}

TEST_F(ClientTokensTest, AFreshTokenIsSentBeforeTheOldOneExpires) {
  connect();
  give("a", 900'000);
  d.open();
  d.welcome();
  for (int minute = 0; minute < 12; ++minute) {
    EXPECT_EQ(d.fetches, 1);
    d.receive(R"({"t":"pong"})");
    for (int i = 0; i < 3; ++i) {
      d.pass(20'000);
      d.session.heard(d.now_ms);
    }
  }
  EXPECT_EQ(d.fetches, 2);
  EXPECT_EQ(d.next_sent(), "");
  give("b", 900'000);
  EXPECT_EQ(d.next_sent(), R"({"t":"refresh","id":1,"token":"b"})");
  d.receive(R"({"t":"ack","id":1})");
  EXPECT_TRUE(d.settled.empty()) << "nobody asked";
  d.lose();
  d.pass(1'000);
  EXPECT_EQ(token_of_opening(), "b");
}

TEST_F(ClientTokensTest, ARefreshThatFailsIsTriedAgain) {
  connect();
  give("a", 900'000);
  d.open();
  d.welcome();
  d.session.heard(d.now_ms + 720'000);
  d.pass(720'000);
  EXPECT_EQ(d.fetches, 2);
  fail("the network");
  d.pass(9'999);
  EXPECT_EQ(d.fetches, 2);
  d.pass(1);
  EXPECT_EQ(d.fetches, 3);
  give("b", 900'000);
  EXPECT_NE(d.next_sent(), "");
  d.receive(R"({"t":"error","id":1,"code":"bad_token","message":"no"})");
  d.pass(10'000);
  EXPECT_EQ(d.fetches, 4);
}

TEST_F(ClientTokensTest, TheSameTokenIsNoRefresh) {
  connect();
  give("a", 10'000);
  d.open();
  d.welcome();
  d.pass(8'000);
  EXPECT_EQ(d.fetches, 2);
  give("a", 2'000);
  EXPECT_EQ(d.next_sent(), "");
  d.pass(9'999);
  EXPECT_EQ(d.fetches, 2);
}

TEST_F(ClientTokensTest, ARefusedOneIsReplacedOnce) {
  connect();
  give("a");
  d.open("");  // a refusal may come before the protocol is chosen
  d.receive(R"({"error":"unauthorized"})");
  d.lose(4401, "unauthorized");
  EXPECT_EQ(d.fetches, 2);
  EXPECT_FALSE(d.opening);
  give("b");
  EXPECT_EQ(token_of_opening(), "b") << "at once";
  d.open();
  d.receive(R"({"error":"unauthorized"})");
  d.lose(4401, "unauthorized");
  EXPECT_EQ(d.states.back().state, ClientState::closed);
  EXPECT_EQ(d.states.back().code, 4401);
  EXPECT_EQ(d.fetches, 2);
}

TEST_F(ClientTokensTest, AStatus401IsARefusalToo) {
  connect();
  give("a");
  d.opening.reset();
  ConnectionEnd end;
  end.status = 401;
  d.session.ended(end, d.now_ms, d.chance);
  d.look();
  EXPECT_EQ(d.fetches, 2);
  EXPECT_EQ(d.states.back().code, 4401);
}

TEST_F(ClientTokensTest, WithoutTokensARefusalIsTheEnd) {
  SessionDriver tokenless;
  tokenless.start();
  tokenless.lose(4401);
  EXPECT_EQ(tokenless.states.back().state, ClientState::closed);
}

TEST_F(ClientTokensTest, ATokenThatCannotBeHadIsWaitedFor) {
  connect();
  fail("no network");
  EXPECT_EQ(d.states.back().state, ClientState::reconnecting);
  EXPECT_NE(d.states.back().reason.find("no network"), std::string::npos);
  EXPECT_EQ(d.problems.at(0).code, "no_token");
  EXPECT_EQ(d.states.back().retry.count(), 250);
  d.pass(250);
  EXPECT_EQ(d.fetches, 2);
  fail("no network");
  EXPECT_EQ(d.states.back().retry.count(), 500);
}

TEST_F(ClientTokensTest, OneFetchServesWhoeverWaits) {
  connect();
  give("a", 100'000);
  d.open();
  d.welcome();
  d.session.heard(d.now_ms + 80'000);
  d.pass(80'000);
  EXPECT_EQ(d.fetches, 2);
  d.lose(4401);  // before the refresh has come
  EXPECT_EQ(d.fetches, 2);
  give("b");
  EXPECT_EQ(token_of_opening(), "b");
}

TEST_F(ClientTokensTest, AnApplicationsOwnRefreshIsAnswered) {
  connect();
  give("a");
  d.open();
  d.welcome();
  d.session.refresh(9, "mine", std::nullopt, d.now_ms);
  d.look();
  EXPECT_EQ(d.next_sent(), R"({"t":"refresh","id":1,"token":"mine"})");
  d.receive(R"({"t":"ack","id":1})");
  EXPECT_EQ(d.settled.at(0).ticket, 9U);
}

class PlainClientTest : public testing::Test {
 protected:
  static ClientSession::Options options() {
    ClientSession::Options made = SessionDriver::tokenless();
    made.plain = true;
    made.subprotocols = {"chat.v2"};
    return made;
  }
  SessionDriver d{options()};
};

TEST_F(PlainClientTest, SendsAndTellsWhatThereIs) {
  d.session.connect(d.now_ms);
  const auto queued = d.send("before");
  EXPECT_EQ(d.open("chat.v2"), std::vector<std::string>{"chat.v2"});
  EXPECT_EQ(d.states.back().state, ClientState::open);
  EXPECT_EQ(d.next_sent(), "before");
  d.session.drained(d.now_ms);
  d.look();
  EXPECT_EQ(d.settled.at(0).ticket, queued);
  EXPECT_EQ(d.settled.at(0).code, "");
  d.session.send_binary(0, "bytes", d.now_ms);
  d.session.post("posted", d.now_ms);
  d.look();
  EXPECT_EQ(d.next_sent(), "bytes");
  EXPECT_EQ(d.next_sent(), "posted");
  d.receive("{ \"as\" : 1 }");
  EXPECT_EQ(d.texts.at(0), "{ \"as\" : 1 }");
  d.receive_binary("raw");
  EXPECT_EQ(d.binaries.at(0).bytes, "raw");
  EXPECT_FALSE(d.session.deadline_ms()) << "nothing is counted, nothing is asked";
}

TEST_F(PlainClientTest, ComesBackAndSendsWhatWaited) {
  d.session.connect(d.now_ms);
  d.open("");
  d.lose();
  d.send("while away");
  EXPECT_EQ(d.next_sent(), "");
  d.pass(500);
  EXPECT_EQ(d.open(""), std::vector<std::string>{"chat.v2"});
  EXPECT_EQ(d.next_sent(), "while away");
}

TEST_F(PlainClientTest, HearsWhatComesBeforeTheServersClose) {
  d.session.connect(d.now_ms);
  d.open("");
  d.session.close(1000, "");
  d.receive("last words");
  d.receive_binary("raw");
  EXPECT_EQ(d.texts.size(), 1U);
  EXPECT_EQ(d.binaries.size(), 1U);
}

TEST_F(PlainClientTest, HasNoRooms) {
  d.join("r");
  d.leave("r");
  d.session.refresh(9, "token", std::nullopt, d.now_ms);
  d.look();
  ASSERT_EQ(d.settled.size(), 3U);
  for (const auto& one : d.settled) EXPECT_EQ(one.code, "not_supported");
}

}  // namespace
}  // namespace microframe::v1
