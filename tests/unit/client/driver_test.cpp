// A client's driver without a socket: what the application wants, what the server says, and what
// either is told.

#include "client/driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "unit/client/fake_world.hpp"
#include "unit/client/gate.hpp"

namespace microframe::client {
namespace {

using namespace std::chrono_literals;
using test::FakeWorld;
using test::Gate;
using Lines = std::vector<std::string>;

constexpr const char* kWelcome =
    R"({"t":"welcome","session":"s1","secret":"x","user":"alice","resumed":false,"handled":0,)"
    R"("ttl_ms":120000,"ping_ms":25000})";

class DriverTest : public testing::Test {
 protected:
  FakeWorld world;
  Lines states;
  std::shared_ptr<Driver> driver;

  ~DriverTest() override {
    if (driver) driver->shut_down();
  }

  void make(ClientOptions options = {}) {
    driver = std::make_shared<Driver>(world.surroundings(), std::move(options), "a.example");
    driver->set(detail::event_handler<ClientStatus>([this](const ClientStatus& status) {
      constexpr const char* kNames[] = {"connecting", "open", "reconnecting", "closed"};
      std::string line = kNames[static_cast<std::size_t>(status.state)];
      if (status.code != 0) line += " " + std::to_string(status.code) + " " + status.reason;
      states.push_back(line);
      last = status;
    }));
  }
  // Comes back so late, whatever its chance, that no test sees it.
  void make_unhurried() {
    ClientOptions options;
    options.backoff_first = options.backoff_max = 1'000h;
    make(options);
  }
  void make_plain() {
    ClientOptions options;
    options.plain = true;
    make(options);
  }
  // Connects, and is welcomed.
  void go_online() {
    driver->connect();
    world.open();
    world.say(kWelcome);
    ASSERT_EQ(driver->state(), ClientState::open);
    states.clear();
    world.told.clear();
  }
  template <class F>
  void on_message(F handler) {
    driver->set(detail::message_handler(std::move(handler)));
  }

  // Has `ask(reply)` ask the driver for something.
  // returns: the reply.
  template <class Ask>
  std::shared_ptr<detail::PendingReply> pending(Ask ask) {
    auto reply = std::make_shared<detail::PendingReply>();
    ask(reply);
    return reply;
  }
  std::shared_ptr<detail::PendingReply> sent(std::string json) {
    return pending([&](const auto& reply) { driver->send(reply, std::move(json)); });
  }
  // What a reply has come to, without waiting.
  static std::string outcome(const std::shared_ptr<detail::PendingReply>& reply) {
    if (!reply->is_settled()) return "open";
    try {
      return to_text(reply->take());
    } catch (const ClientError& error) {
      return error.code() + ": " + error.what();
    }
  }

  ClientStatus last;
};

// --- tokens ---

TEST_F(DriverTest, AsksForATokenBeforeItConnects) {
  ClientOptions options;
  options.token = [] { return std::string("a.b.c"); };
  make(options);
  driver->connect();
  EXPECT_FALSE(world.has_link());
  world.work();
  ASSERT_EQ(world.wanted.size(), 1U);
  EXPECT_EQ(world.wanted[0].token, "a.b.c");
  EXPECT_EQ(world.wanted[0].subprotocols, Lines{"microframe.v1"});
}

TEST_F(DriverTest, ConnectsAtOnceWithoutATokenFunction) {
  make();
  driver->connect();
  ASSERT_EQ(world.wanted.size(), 1U);
  EXPECT_EQ(world.wanted[0].token, "");
  EXPECT_FALSE(world.has_work());
  EXPECT_EQ(states, Lines{"connecting"});
}

TEST_F(DriverTest, TokenFunctionThatThrowsIsAskedAgainLater) {
  ClientOptions options;
  int asked = 0;
  options.token = [&asked]() -> std::string {
    if (++asked == 1) throw std::runtime_error("no network");
    return "a.b.c";
  };
  make(options);
  Lines errors;
  driver->set(detail::event_handler<ClientError>(
      [&](const ClientError& error) { errors.push_back(error.code() + " " + error.what()); }));
  driver->connect();
  world.work();
  EXPECT_EQ(states, (Lines{"connecting", "reconnecting 1006 no token: no network"}));
  EXPECT_EQ(errors, Lines{"no_token no network"});
  world.pass(1'000);
  world.work();
  EXPECT_EQ(world.wanted.size(), 1U);
}

TEST_F(DriverTest, TokenThatComesAfterTheEndIsIgnored) {
  ClientOptions options;
  options.token = [] { return std::string("a.b.c"); };
  make(options);
  driver->connect();
  driver->shut_down();
  world.work();
  EXPECT_EQ(world.links_made(), 0U);
}

TEST_F(DriverTest, TokenThatComesAfterTheDriverHasGoneIsIgnored) {
  ClientOptions options;
  options.token = [] { return std::string("a.b.c"); };
  make(options);
  driver->connect();
  driver->shut_down();
  driver.reset();
  world.work();
  EXPECT_EQ(world.links_made(), 0U);
}

TEST_F(DriverTest, E34_TokenFunctionThatHangsIsCalledAgainButNotWithoutEnd) {
  ClientOptions options;
  int calls = 0;
  options.token = [&calls] { return "token" + std::to_string(++calls); };
  options.token_time = 1s;
  options.backoff_first = options.backoff_max = 1s;
  make(options);
  driver->connect();
  world.pass(20'000);
  EXPECT_EQ(states.at(1),
            "reconnecting 1006 no token: the token function has not returned in time");
  std::deque<FakeWorld::Work> hung = world.take_work();
  ASSERT_GE(hung.size(), 6U);
  EXPECT_FALSE(world.has_link());
  for (auto& [job, done] : hung) job();
  EXPECT_EQ(calls, static_cast<int>(Driver::kTokenCallsMax)) << "more are not called";
  hung.front().second();
  world.pass(2'000);
  ASSERT_TRUE(world.has_link());
  EXPECT_EQ(world.wanted.at(0).token, "token1") << "a late one is as good";
}

TEST_F(DriverTest, FreshTokenIsSentToTheServer) {
  make();
  go_online();
  const auto reply =
      pending([&](const auto& waiting) { driver->refresh(waiting, "fresh.token.x"); });
  const Lines told = world.take_told();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("fresh.token.x"), std::string::npos) << told[0];
  world.say(R"({"t":"ack","id":1})");
  EXPECT_EQ(outcome(reply), "null");
}

// --- handshakes that are refused ---

TEST_F(DriverTest, ForbiddenClientDoesNotComeBack) {
  make();
  driver->connect();
  world.status = 403;
  world.end(1006, "the server answered 403");
  EXPECT_EQ(states.back(), "closed 4403 the server answered 403");
  world.pass(120'000);
  EXPECT_EQ(world.links_made(), 1U);
}

TEST_F(DriverTest, RefusedTokenIsReplacedOnce) {
  ClientOptions options;
  int asked = 0;
  options.token = [&asked] { return "token" + std::to_string(++asked); };
  make(options);
  driver->connect();
  world.work();
  world.status = 401;
  world.end(1006);
  world.work();
  ASSERT_EQ(world.wanted.size(), 2U);
  EXPECT_EQ(world.wanted[1].token, "token2");
  world.status = 401;
  world.end(1006);
  EXPECT_EQ(driver->state(), ClientState::closed);
  EXPECT_EQ(last.code, 4401);
}

TEST_F(DriverTest, RetryAfterIsObeyedUpToAnHour) {
  for (const std::uint64_t seconds : {std::uint64_t{60}, std::uint64_t{1} << 60}) {
    make();
    driver->connect();
    world.status = 503;
    world.retry_after_s = seconds;
    world.end(1006);
    EXPECT_EQ(driver->state(), ClientState::reconnecting);
    const auto asked = std::chrono::seconds(std::min<std::uint64_t>(seconds, 3600));
    EXPECT_GE(last.retry, asked);
    EXPECT_LE(last.retry, asked + 500ms);
    driver->shut_down();
  }
}

TEST_F(DriverTest, ServerOfAnotherProtocolIsLeft) {
  make();
  driver->connect();
  world.open("");
  EXPECT_EQ(world.take_told(), Lines{"close 1000 microframe.v1 is not spoken"});
  world.end(1000);
  EXPECT_EQ(driver->state(), ClientState::closed);
  EXPECT_NE(states.back().find("ClientOptions::plain"), std::string::npos) << states.back();
}

// --- the connection is lost ---

TEST_F(DriverTest, LostConnectionIsReplacedAndTheSessionResumed) {
  make();
  go_online();
  const auto reply = sent(R"({"n":1})");
  EXPECT_EQ(world.take_told(), Lines{R"(text {"t":"message","id":1,"data":{"n":1}})"});
  world.end(1006, "reset");
  EXPECT_EQ(states, Lines{"reconnecting 1006 reset"});
  EXPECT_EQ(driver->state(), ClientState::reconnecting);
  world.pass(1'000);
  ASSERT_EQ(world.wanted.size(), 2U);
  EXPECT_EQ(world.wanted[1].subprotocols, (Lines{"microframe.v1", "resume.s1.x.0.1"}));
  world.open();
  world.say(R"({"t":"welcome","session":"s1","secret":"y","user":"alice","resumed":true,)"
            R"("handled":0,"ttl_ms":120000,"ping_ms":25000})");
  EXPECT_TRUE(last.resumed);
  EXPECT_EQ(world.take_told(), Lines{R"(text {"t":"message","id":1,"data":{"n":1}})"})
      << "the server has not handled it";
  EXPECT_EQ(outcome(reply), "open");
  world.say(R"({"t":"ack","id":1,"data":"taken"})");
  EXPECT_EQ(outcome(reply), "\"taken\"");
}

TEST_F(DriverTest, SilentServerIsAskedAndThenGivenUp) {
  make_unhurried();
  go_online();
  world.pass(25'100);
  EXPECT_EQ(world.take_told(), Lines{R"(text {"t":"ping"})"});
  world.pass(10'200);
  EXPECT_EQ(states, Lines{"reconnecting 1006 the server has stopped answering"});
  EXPECT_FALSE(world.has_link()) << "the link is dropped, not closed";
}

TEST_F(DriverTest, BytesThatAreNoFrameAreASignOfLife) {
  make();
  go_online();
  world.pass(20'000);
  world.heard_ms = world.now_ms;
  world.pass(20'000);
  EXPECT_EQ(world.take_told(), Lines{}) << "asked for no reason";
}

TEST_F(DriverTest, ServerThatNeverSaysWelcomeIsGivenUp) {
  make_unhurried();
  driver->connect();
  world.open();
  world.pass(10'200);
  EXPECT_EQ(states.back(), "reconnecting 1006 the server has not said welcome");
}

TEST_F(DriverTest, WithoutReconnectTheFirstLossIsTheEnd) {
  ClientOptions options;
  options.reconnect = false;
  make(options);
  go_online();
  const auto reply = sent("1");
  world.end(1006, "reset");
  EXPECT_EQ(states, Lines{"closed 1006 reset"});
  EXPECT_EQ(outcome(reply), "closed: reset");
}

// --- messages and replies ---

TEST_F(DriverTest, MessageWaitsForAConnectionAndItsReplyForTheServer) {
  make();
  const auto reply = sent("5");
  driver->connect();
  world.open();
  EXPECT_EQ(world.take_told(), Lines{});
  world.say(kWelcome);
  EXPECT_EQ(world.take_told(), Lines{R"(text {"t":"message","id":1,"data":5})"});
  world.say(R"({"t":"error","id":1,"code":"bad_message","message":"as asked"})");
  EXPECT_EQ(outcome(reply), "bad_message: as asked");
}

TEST_F(DriverTest, BytesAreSentAsABinaryFrame) {
  make();
  go_online();
  const auto reply = pending([&](const auto& waiting) { driver->send_binary(waiting, "raw"); });
  const Lines told = world.take_told();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].starts_with("bytes ") && told[0].ends_with("raw")) << told[0];
  world.say(R"({"t":"ack","id":1})");
  EXPECT_EQ(outcome(reply), "null");
}

TEST_F(DriverTest, PostIsSentNowOrNever) {
  make();
  driver->post("1");
  go_online();
  driver->post("2");
  EXPECT_EQ(world.take_told(), Lines{R"(text {"t":"message","data":2})"});
}

TEST_F(DriverTest, E36_MessageAfterTheServersCloseIsNotSaidToBeSent) {
  make_plain();
  driver->connect();
  world.open("");
  world.begin_to_close();
  const auto reply = sent("1");
  EXPECT_EQ(world.take_told(), Lines{});
  EXPECT_EQ(outcome(reply), "open");
  world.end(1000);
  EXPECT_EQ(outcome(reply).substr(0, 7), "closed:");
}

TEST_F(DriverTest, E36_ServerThatDoesNotReadFillsTheQueueAndNoMore) {
  ClientOptions options;
  options.plain = true;
  options.queue_bytes_max = 1'000'000;
  make(options);
  driver->connect();
  world.open("");
  world.takes = false;
  std::vector<std::shared_ptr<detail::PendingReply>> replies;
  for (int i = 0; i < 300; ++i) replies.push_back(sent(std::string(100'000, 'x')));
  int open = 0;
  int refused = 0;
  for (const auto& reply : replies) {
    const std::string what = outcome(reply);
    open += what == "open" ? 1 : 0;
    refused += what.starts_with("queue_full") ? 1 : 0;
  }
  EXPECT_EQ(open, 10);
  EXPECT_EQ(refused, 290);
  EXPECT_LT(world.buffered, 400'000U);
  for (int i = 0; i < 10; ++i) world.drain();
  EXPECT_EQ(outcome(replies.at(9)), "null");
}

TEST_F(DriverTest, QueueThatIsFullRefusesMore) {
  ClientOptions options;
  options.queue_messages_max = 1;
  make(options);
  const auto first = sent("1");
  EXPECT_EQ(outcome(sent("2")), "queue_full: too much waits to be sent");
  EXPECT_EQ(outcome(first), "open");
}

TEST_F(DriverTest, RoomsAreKnownWhileTheClientIsInThem) {
  make();
  go_online();
  v1::ClientSession::Entry entry;
  entry.room = "hall";
  const auto joined = pending([&](const auto& reply) { driver->join(reply, entry); });
  EXPECT_EQ(world.take_told(), Lines{R"(text {"t":"join","id":1,"room":"hall"})"});
  world.say(R"({"t":"joined","id":1,"room":"hall","epoch":"e","offset":4,)"
            R"("presence":{"alice":[{"device":"1","meta":null}]}})");
  EXPECT_TRUE(joined->is_settled());
  EXPECT_EQ(driver->rooms(), Lines{"hall"});
  EXPECT_EQ(driver->position("hall")->offset, 4U);
  EXPECT_EQ(driver->position("hall")->session, "s1");
  EXPECT_TRUE(driver->presence("hall").as_object().contains("alice"));
  const auto left = pending([&](const auto& reply) { driver->leave(reply, "hall"); });
  world.say(R"({"t":"left","id":2,"room":"hall"})");
  EXPECT_TRUE(left->is_settled());
  EXPECT_EQ(driver->rooms(), Lines{});
}

// --- handlers ---

TEST_F(DriverTest, QuestionIsAnsweredByWhatTheHandlerReturns) {
  make();
  go_online();
  on_message([](const Json& data) -> Json { return {{"got", data}}; });
  world.say(R"({"t":"message","id":9,"data":1})");
  EXPECT_EQ(world.take_told(), Lines{R"(text {"t":"ack","id":9,"data":{"got":1}})"});
}

TEST_F(DriverTest, QuestionIsAnsweredWhenTheCoroutineHasEnded) {
  make();
  go_online();
  Gate gate;
  on_message([&](const Json& data) -> Task<Json> {
    co_await gate.opened();
    co_return data;
  });
  world.say(R"({"t":"message","id":9,"data":1})");
  EXPECT_EQ(world.take_told(), Lines{});
  gate.open();
  EXPECT_EQ(world.take_told(), Lines{R"(text {"t":"ack","id":9,"data":1})"});
}

TEST_F(DriverTest, HandlerThatFailsAnswersWithItsWords) {
  make();
  go_online();
  on_message([](const Json&) { throw std::runtime_error("as asked"); });
  world.say(R"({"t":"message","id":9,"data":1})");
  EXPECT_EQ(world.take_told(),
            Lines{R"(text {"t":"error","id":9,"code":"failed","message":"as asked"})"});
  world.say(R"({"t":"message","data":2})");
  EXPECT_EQ(world.take_told(), Lines{}) << "nobody asked";
}

TEST_F(DriverTest, E34_WhatAHandlerThrowsIsAnsweredInUtf8WhateverItIs) {
  make();
  go_online();
  std::string what;
  on_message([&](const Json&) { throw std::runtime_error(what); });
  const auto answer = [&](std::string words) {
    what = std::move(words);
    world.say(R"({"t":"message","id":9,"data":1})");
    return world.take_told().at(0);
  };
  const std::string begin = R"(text {"t":"error","id":9,"code":"failed","message":")";
  EXPECT_EQ(answer("caf\xE9 closed"), begin + R"(caf? closed"})");
  EXPECT_EQ(answer("caf\xC3\xA9 closed"), begin + "caf\xC3\xA9 closed\"}");
  EXPECT_EQ(answer("\xFF\xFE"), begin + R"(??"})");
  EXPECT_EQ(answer(std::string(999, 'x') + "\xC3\xA9"), begin + std::string(999, 'x') + "\"}")
      << "cut, but not inside a character";
}

TEST_F(DriverTest, E34_HandlersReplyThatIsNotJsonIsAnsweredWithAnError) {
  make();
  go_online();
  on_message([&](const Json& data) -> Json {
    return data == 1 ? Json("\xFF") : Json(std::numeric_limits<double>::quiet_NaN());
  });
  for (const int data : {1, 2}) {
    world.say(R"({"t":"message","id":9,"data":)" + std::to_string(data) + "}");
    const Lines told = world.take_told();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(told[0].starts_with(R"(text {"t":"error","id":9,"code":"failed")")) << told[0];
  }
}

TEST_F(DriverTest, QuestionWithoutAHandlerIsAcknowledged) {
  make();
  go_online();
  world.say(R"({"t":"message","id":9,"data":1})");
  EXPECT_EQ(world.take_told(), Lines{R"(text {"t":"ack","id":9})"});
}

TEST_F(DriverTest, FrameThatCannotBeReadIsAnError) {
  make();
  go_online();
  Lines errors;
  driver->set(detail::event_handler<ClientError>(
      [&](const ClientError& error) { errors.push_back(error.code()); }));
  world.say("no json");
  EXPECT_EQ(errors, Lines{"bad_frame"});
  EXPECT_TRUE(world.has_link());
}

TEST_F(DriverTest, E37_LinesOfTheLogAreLimitedWhateverTheServerSays) {
  make();
  go_online();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1'000; ++i)
    world.say(R"({"t":"error","code":"code)" + std::to_string(i) + R"(","message":"no"})");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 20) << log.substr(0, 1'000);
}

TEST_F(DriverTest, ClientWithTooManyWaitingHandlersStopsReading) {
  make();
  go_online();
  std::vector<std::unique_ptr<Gate>> gates;
  on_message([&](const Json&) -> Task<> {
    Gate& gate = *gates.emplace_back(std::make_unique<Gate>());
    co_await gate.opened();
  });
  const auto count = [&](const std::string& line) {
    return std::count(world.told.begin(), world.told.end(), line);
  };
  for (std::size_t i = 1; i < Driver::kHandlersMax; ++i) world.say(R"({"t":"message","data":1})");
  EXPECT_EQ(count("pause"), 0);
  world.say(R"({"t":"message","data":1})");
  EXPECT_EQ(count("pause"), 1);
  world.pass(60'000);
  EXPECT_TRUE(world.has_link()) << "a server that is not read is not silent";
  for (std::size_t i = 0; i < Driver::kHandlersMax / 2 - 1; ++i) gates[i]->open();
  EXPECT_EQ(count("resume"), 0);
  gates[Driver::kHandlersMax / 2 - 1]->open();
  EXPECT_EQ(count("resume"), 1);
  EXPECT_EQ(count("pause"), 1);
  driver->shut_down();
}

TEST_F(DriverTest, NewConnectionIsReadUntilItsFirstMessageFindsTooManyHandlersWaiting) {
  make_plain();
  driver->connect();
  world.open("");
  std::vector<std::unique_ptr<Gate>> gates;
  on_message([&](const Json&) -> Task<> {
    Gate& gate = *gates.emplace_back(std::make_unique<Gate>());
    co_await gate.opened();
  });
  for (std::size_t i = 0; i < Driver::kHandlersMax; ++i) world.say("1");
  EXPECT_EQ(world.take_told(), Lines{"pause"});
  world.end(1006);
  world.pass(1'000);
  world.open("");
  EXPECT_EQ(world.take_told(), Lines{});
  world.say("1");
  EXPECT_EQ(world.take_told(), Lines{"pause"});
  driver->shut_down();
}

TEST_F(DriverTest, HandlerMayShutTheDriverDownBeforeTheRestIsDone) {
  make();
  driver->connect();
  world.open();
  const auto reply = sent("1");
  HandlerRuns::Dropped dropped;  // the handler that runs among them: destroyed when it has ended
  driver->set(detail::event_handler<ClientStatus>([&](const ClientStatus& status) {
    states.push_back("told");
    if (status.state == ClientState::open) dropped = driver->shut_down();
  }));
  world.say(kWelcome);
  EXPECT_EQ(world.take_told(), Lines{"goodbye"}) << "the message is not sent any more";
  EXPECT_EQ(outcome(reply), "closed: the client is gone");
  EXPECT_EQ(states, (Lines{"connecting", "told"}));
}

// --- plain servers ---

TEST_F(DriverTest, PlainClientIsOpenWithoutAWelcome) {
  make_plain();
  driver->connect();
  EXPECT_EQ(world.wanted.at(0).subprotocols, Lines{});
  world.open("");
  EXPECT_EQ(driver->state(), ClientState::open);
  EXPECT_TRUE(driver->is_plain());
  const auto reply = sent("{}");
  EXPECT_EQ(world.take_told(), Lines{"text {}"});
  EXPECT_EQ(outcome(reply), "open");
  world.drain();
  EXPECT_EQ(outcome(reply), "null");
}

TEST_F(DriverTest, PlainTextGoesToTheTextHandlerOrAsJsonToTheMessageHandler) {
  make_plain();
  driver->connect();
  world.open("");
  Lines seen;
  on_message([&](const Json& data) { seen.push_back("json " + to_text(data)); });
  driver->set(detail::binary_handler(
      [&](std::span<const std::byte> bytes) { seen.emplace_back(base::as_text(bytes)); }));
  world.say("{ \"n\": 1 }");
  world.say("no { json");
  world.say_bytes("raw");
  driver->set(detail::event_handler<std::string>(
      [&](const std::string& text) { seen.push_back("text " + text); }));
  world.say("{ \"n\": 2 }");
  EXPECT_EQ(seen, (Lines{R"(json {"n":1})", R"(json "no { json")", "raw", "text { \"n\": 2 }"}));
}

TEST_F(DriverTest, PlainServerHasNoRooms) {
  make_plain();
  v1::ClientSession::Entry entry;
  entry.room = "hall";
  const auto reply = pending([&](const auto& waiting) { driver->join(waiting, entry); });
  EXPECT_TRUE(outcome(reply).starts_with("not_supported"));
}

// --- the end ---

TEST_F(DriverTest, CloseIsSaidAndWhatWaitsFails) {
  make();
  go_online();
  const auto reply = sent("1");
  world.take_told();
  driver->close(4000, "done");
  EXPECT_EQ(world.take_told(), Lines{"close 4000 done"});
  EXPECT_EQ(outcome(reply), "closed: the client was closed");
  world.say(R"({"t":"ack","id":1})");  // late
  world.end(4000, "done");
  EXPECT_EQ(states, Lines{"closed 4000 done"});
  EXPECT_EQ(outcome(sent("2")), "closed: the client is closed");
}

TEST_F(DriverTest, CloseWithoutAConnectionIsTheEndAtOnce) {
  make_unhurried();
  driver->connect();
  world.end(1006);
  driver->close(1000, "");
  EXPECT_EQ(driver->state(), ClientState::closed);
  world.pass(120'000);
  EXPECT_EQ(world.links_made(), 1U);
}

TEST_F(DriverTest, ClientThatWasClosedMayConnectAgain) {
  make();
  go_online();
  driver->close(1000, "");
  world.end(1000);
  driver->connect();
  EXPECT_EQ(world.links_made(), 2U);
  EXPECT_EQ(driver->state(), ClientState::connecting);
}

TEST_F(DriverTest, ServerThatReplacesTheClientIsNotComeBackTo) {
  make();
  go_online();
  const auto reply = sent("1");
  world.end(4409, "another device");
  EXPECT_EQ(states, Lines{"closed 4409 another device"});
  EXPECT_EQ(outcome(reply), "replaced: another device");
}

TEST_F(DriverTest, ShutDownSaysGoodbyeAndFailsAllThatWaits) {
  make();
  go_online();
  const auto reply = sent("1");
  world.take_told();
  driver->shut_down();
  EXPECT_EQ(world.take_told(), Lines{"goodbye"});
  EXPECT_FALSE(world.has_link());
  EXPECT_EQ(driver->state(), ClientState::closed);
  EXPECT_EQ(outcome(reply), "closed: the client is gone");
  EXPECT_EQ(outcome(sent("2")), "closed: the client is gone");
  EXPECT_EQ(states, Lines{}) << "no handler is called any more";
  driver->connect();
  world.pass(60'000);
  EXPECT_EQ(world.links_made(), 1U);
}

TEST_F(DriverTest, ShutDownGivesBackTheHandlersThatWaitOnce) {
  make();
  go_online();
  Gate gate;
  const auto owned = std::make_shared<int>(1);
  on_message([&gate, owned](const Json&) -> Task<> { co_await gate.opened(); });
  world.say(R"({"t":"message","data":1})");
  auto dropped = driver->shut_down();
  EXPECT_GT(owned.use_count(), 1);
  dropped.reset();
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_EQ(driver->shut_down(), nullptr);
}

}  // namespace
}  // namespace microframe::client
