// microframe::Client against our own server: what is sent arrives once and in order, however often
// the connection is lost.

#include <atomic>
#include <map>
#include <mutex>

#include "microframe/client.hpp"
#include "support/app_fixture.hpp"
#include "support/client_log.hpp"
#include "support/relay.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::ClientLog;
using test::Relay;

// Remembers the messages that it has handled.
class Desk : public ws::ChatBase {
 public:
  Json on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    const std::string op = text_or(message, "op", "note");
    if (op == "fail") throw BadMessage("as asked");
    if (op == "hold") hold();
    const std::lock_guard lock(mutex_);
    handled_.push_back(to_text(message));
    return {{"count", handled_.size()}};
  }
  void on_binary(ws::WebSocket& socket, const ws::UserId&, std::span<const std::byte> bytes) {
    socket.send_binary(bytes);
  }
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string& room) {
    return !room.starts_with("closed");
  }
  std::atomic<bool> holding{false};

  std::vector<std::string> handled() {
    const std::lock_guard lock(mutex_);
    return handled_;
  }

 private:
  // Blocks until the test resets `holding`.
  void hold() {
    holding = true;
    while (holding) std::this_thread::yield();
  }

  std::mutex mutex_;
  std::vector<std::string> handled_;
};

class ComingBackTest : public test::AppTest {
 protected:
  void begin() {
    app.rooms("kept*", RoomOptions().history(100, 60s));
    app.rooms("who*", RoomOptions().presence());
    start(2);
    relay.emplace(app.port());
  }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(relay->port()) + "/ws"; }
  ClientOptions as(const std::string& user) const {
    ClientOptions options;
    options.token = [token = token(user)] { return token; };
    options.backoff_first = 50ms;
    return options;
  }

  Desk& desk = app.route<Desk>("/ws", auth);
  std::optional<Relay> relay;
  ClientLog log;
};

TEST_F(ComingBackTest, RequestHasItsReply) {
  begin();
  Client client(url(), as("alice"));
  log.watch(client);
  client.connect();
  EXPECT_EQ(client.send({{"n", 1}}).get(), Json({{"count", 1}}));
  EXPECT_EQ(log.wait_for("open"), "open new");
  EXPECT_EQ(client.state(), ClientState::open);
  try {
    client.send({{"op", "fail"}}).get();
    FAIL() << "the call must fail";
  } catch (const ClientError& error) {
    EXPECT_EQ(error.code(), "bad_message");
    EXPECT_STREQ(error.what(), "as asked");
  }
}

TEST_F(ComingBackTest, BinaryMessagesAreSentAndReceived) {
  begin();
  Client client(url(), as("alice"));
  client.on_binary([&](std::span<const std::byte> bytes, const std::string& room) {
    log.add("bytes " + room + std::string(base::as_text(bytes)));
  });
  client.connect();
  EXPECT_TRUE(client.send_binary(base::as_bytes("\x01\xFFx")).get().is_null());
  EXPECT_EQ(log.wait_for("bytes"), "bytes \x01\xFFx");
}

TEST_F(ComingBackTest, EachMessageIsHandledOnceThoughTheConnectionIsCut) {
  limits.messages_per_second = 0;
  begin();
  ClientOptions options = as("alice");
  options.messages_per_second = 0;
  Client client(url(), options);
  log.watch(client);
  client.connect();
  constexpr int kMessages = 400;
  std::atomic<int> answered{0};
  std::vector<std::string> sent;
  for (int i = 0; i < kMessages; ++i) {
    const Json message = {{"n", i}};
    sent.push_back(to_text(message));
    client.send(message).then([&](const Json&) { ++answered; });
    if (i % 80 != 79) continue;
    // At each cut, some messages are answered and others are not.
    eventually([&] { return answered >= i - 40; });
    relay->cut();
  }
  eventually([&] { return answered == kMessages; });
  EXPECT_EQ(desk.handled(), sent);
  EXPECT_GE(relay->connections(), 5);
  const auto states = log.lines("open");
  for (std::size_t i = 1; i < states.size(); ++i) EXPECT_EQ(states[i], "open resumed");
}

TEST_F(ComingBackTest, MissedRoomMessagesArriveInOrder) {
  begin();
  Client alice(url(), as("alice"));
  log.watch(alice);
  alice.connect();
  alice.join("kept:a").get();
  desk.broadcast_to_room("kept:a", {{"n", 1}});
  log.wait_for(R"(message kept:a 1 {"n":1})");
  relay->lead_to(0);
  relay->cut();
  log.wait_for("reconnecting 1006");
  desk.broadcast_to_room("kept:a", {{"n", 2}});
  desk.broadcast_to_room("kept:a", {{"n", 3}});
  relay->lead_to(app.port());
  log.wait_for("open resumed");
  log.wait_for(R"(message kept:a 3 {"n":3})");
  EXPECT_EQ(log.lines("message").size(), 3U);
}

TEST_F(ComingBackTest, NewSessionRecoversItsRoomsFromHistory) {
  limits.session_ttl = 0ms;
  begin();
  Client alice(url(), as("alice"));
  log.watch(alice);
  alice.connect();
  const Json joined = alice.join("kept:a").get();
  EXPECT_EQ(joined.at("room"), "kept:a");
  EXPECT_EQ(joined.at("offset"), 0);
  log.wait_for("joined kept:a");
  desk.broadcast_to_room("kept:a", {{"n", 1}});
  log.wait_for("message kept:a 1");
  relay->lead_to(0);
  relay->cut();
  log.wait_for("reconnecting");
  eventually([&] { return desk.connection_count() == 0; });
  desk.broadcast_to_room("kept:a", {{"n", 2}});
  relay->lead_to(app.port());
  log.wait_for("open new");
  EXPECT_EQ(log.wait_for("joined"), "joined kept:a again recovered");
  log.wait_for(R"(message kept:a 2 {"n":2})");
  desk.broadcast_to_room("kept:a", {{"n", 3}});
  log.wait_for(R"(message kept:a 3 {"n":3})");
  EXPECT_EQ(log.lines("message").size(), 3U);
}

TEST_F(ComingBackTest, PositionOutlivesItsClient) {
  begin();
  std::optional<RoomPosition> position;
  {
    Client client(url(), as("alice"));
    log.watch(client);
    client.connect();
    client.join("kept:a").get();
    desk.broadcast_to_room("kept:a", {{"n", 1}});
    log.wait_for("message kept:a 1");
    EXPECT_EQ(client.rooms(), std::vector<std::string>{"kept:a"});
    position = client.position("kept:a");
  }
  ASSERT_TRUE(position);
  desk.broadcast_to_room("kept:a", {{"n", 2}});
  Client next(url(), as("alice"));
  log.watch(next);
  next.connect();
  EXPECT_EQ(next.join("kept:a", JoinOptions().since(*position)).get().at("recovered"), true);
  EXPECT_EQ(log.wait_for("message"), R"(message kept:a 2 {"n":2})");
}

TEST_F(ComingBackTest, UnansweredMessageFailsWhenTheSessionIsLost) {
  limits.session_ttl = 0ms;
  begin();
  Client client(url(), as("alice"));
  log.watch(client);
  client.connect();
  Reply unknown = client.send({{"op", "hold"}});
  eventually([&] { return desk.holding.load(); });
  relay->cut();
  log.wait_for("reconnecting 1006");
  Reply waiting = client.send({{"n", 2}});
  desk.holding = false;
  log.wait_for("open new");
  EXPECT_TRUE(waiting.get().is_object());
  try {
    unknown.get();
    FAIL() << "the answer cannot have come";
  } catch (const ClientError& error) {
    EXPECT_EQ(error.code(), "session_lost");
  }
  EXPECT_EQ(desk.handled().size(), 2U) << "the server has handled the message";
}

TEST_F(ComingBackTest, PresenceIsTheSameAsTheServers) {
  begin();
  Client alice(url(), as("alice"));
  alice.on_presence([&](const std::string& room, const Json& joins, const Json& leaves) {
    log.add("presence " + room + " +" + std::to_string(joins.as_object().size()) + " -" +
            std::to_string(leaves.as_object().size()));
  });
  alice.connect();
  alice.join("who").get();
  EXPECT_EQ(alice.presence("who").as_object().size(), 1U);
  {
    Client bob(url(), as("bob"));
    bob.connect();
    bob.join("who").get();
    log.wait_for("presence who +1 -0");
    EXPECT_TRUE(alice.presence("who").as_object().contains("bob"));
    relay->cut();  // a suspended session stays in the room
    bob.send({{"n", 1}}).get();
    alice.send({{"n", 2}}).get();
    EXPECT_TRUE(alice.presence("who").as_object().contains("bob"));
    bob.leave("who").get();
    log.wait_for("presence who +0 -1");
    bob.join("who").get();
    log.wait_for("presence who +1 -0");
  }
  log.wait_for("presence who +0 -1");  // bob's Close ends the session at once
  EXPECT_FALSE(alice.presence("who").as_object().contains("bob"));
  EXPECT_TRUE(alice.presence("nowhere").is_null());
}

TEST_F(ComingBackTest, RefusedJoinFailsAndTheConnectionStaysOpen) {
  begin();
  Client client(url(), as("alice"));
  client.connect();
  try {
    client.join("closed").get();
    FAIL() << "the call must fail";
  } catch (const ClientError& error) {
    EXPECT_EQ(error.code(), "forbidden");
  }
  EXPECT_THROW(client.leave("closed").get(), ClientError);
  EXPECT_THROW(client.join("\xFF").get(), ClientError);
  EXPECT_TRUE(client.send({{"n", 1}}).get().is_object()) << "and the connection lives";
}

// returns: the acknowledgements of all of a user's devices.
std::string outcome(Desk& desk, const std::string& user, Json message) {
  const auto acks = sync_wait(desk.send_acked(user, std::move(message), 10s));
  std::string all;
  for (const ws::Ack& ack : acks)
    all += std::string(to_string(ack.status)) + " " + to_text(ack.data) + " ";
  return all;
}

TEST_F(ComingBackTest, QuestionIsAnsweredWhenTheHandlerHasEnded) {
  begin();
  Client client(url(), as("alice"));
  client.on_message([](const Json& message) -> Task<Json> {
    co_await sleep_for(20ms);
    if (message == "fail") throw std::runtime_error("as asked");
    Json reply = {{"got", message}};
    co_return reply;
  });
  client.connect();
  client.send({{"n", 1}}).get();
  EXPECT_EQ(outcome(desk, "alice", "question"), R"(acknowledged {"got":"question"} )");
  EXPECT_EQ(outcome(desk, "alice", "fail"), R"(failed {"code":"failed","message":"as asked"} )");
}

TEST_F(ComingBackTest, QuestionIsAnsweredAfterTheConnectionWasLost) {
  begin();
  Client client(url(), as("alice"));
  std::atomic<bool> asked{false};
  std::atomic<bool> may_answer{false};
  client.on_message([&](const Json&) -> Task<> {
    asked = true;
    while (!may_answer) co_await sleep_for(1ms);
  });
  client.connect();
  client.send({{"n", 1}}).get();
  std::string came;
  std::thread server([&] { came = outcome(desk, "alice", "question"); });
  eventually([&] { return asked.load(); });
  relay->cut();
  may_answer = true;
  server.join();
  EXPECT_EQ(came, "acknowledged null ");
}

TEST_F(ComingBackTest, ClientReconnectsToAServerThatRestarted) {
  begin();
  Client client(url(), as("alice"));
  log.watch(client);
  client.connect();
  client.join("kept:a").get();
  relay->lead_to(0);
  app.stop();
  log.wait_for("reconnecting 1012");
  app.wait();
  Application second;
  second.rooms("kept*", RoomOptions().history(100, 60s));
  Desk& next = second.route<Desk>("/ws", auth);
  second.start("127.0.0.1:0");
  auto reply = client.send({{"n", 1}});
  relay->lead_to(second.port());
  EXPECT_EQ(reply.get(), Json({{"count", 1}}));
  log.wait_for("open new");
  EXPECT_EQ(log.wait_for("joined"), "joined kept:a again not recovered") << "another epoch";
  EXPECT_EQ(next.handled().size(), 1U);
  client.close();
  log.wait_for("closed 1000");
  second.stop();
  second.wait();
}

}  // namespace
}  // namespace microframe
