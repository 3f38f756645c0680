// What hooks keep at their socket: the application's own data of the connection.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/diary.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::V1Client;

test::Diary* diary = nullptr;  // of the test that runs

struct Visit {
  Visit() { diary->note("made"); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() { diary->note("destroyed with " + std::to_string(messages)); }
  int messages = 0;
};

// Keeps its own socket, which must not keep the connection for ever.
struct Holder {
  Holder() { ++alive; }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { --alive; }
  static inline std::atomic<int> alive{0};
  std::optional<ws::WebSocket> own;
};

class Visits : public ws::ChatBase {
 public:
  std::optional<ws::WebSocket> kept;
  Task<> on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    const std::string op = text(message, "op");
    if (op == "count") {
      co_await sleep_for(1ms);
      socket.reply(Json(++socket.data<Visit>().messages));
    } else if (op == "other type") {
      socket.data<std::string>();
    } else if (op == "hold") {
      socket.data<Holder>().own = socket;
    } else if (op == "keep") {
      kept = socket;
    } else if (op == "join") {
      join_room(socket, "r");
    }
  }
  Task<> on_disconnect(ws::WebSocket& socket, const ws::UserId&, const ws::DisconnectReason&) {
    if (kept) co_return;
    const int messages = socket.data<Visit>().messages;
    diary->note("disconnect begins with " + std::to_string(messages));
    co_await sleep_for(2ms);
    diary->note("disconnect ends");
  }
  void on_leave(ws::WebSocket& socket, const ws::UserId&, const std::string&) {
    diary->note("left with " + std::to_string(socket.data<Visit>().messages));
  }
  void on_session_expired(ws::WebSocket& socket, const ws::UserId&) {
    diary->note("expired with " + std::to_string(socket.data<Visit>().messages));
  }
};

class ConnectionDataTest : public test::AppTest {
 protected:
  using Lines = std::vector<std::string>;

  ConnectionDataTest() { diary = &diary_; }
  // returns: the answer of a plain client.
  static std::string ask(RawClient& client, const std::string& op) {
    client.send_text(R"({"op":")" + op + "\"}");
    return client.read_text();
  }
  void expect_noted(const Lines& lines) {
    eventually([&] { return diary_.lines().size() >= lines.size(); });
    EXPECT_EQ(diary_.lines(), lines);
  }

  test::Diary diary_;
  Visits& visits = app.route<Visits>("/ws", auth);
};

TEST_F(ConnectionDataTest, LivesFromTheFirstUseUntilOnDisconnectAndOnLeaveHaveReturned) {
  start(1);
  RawClient alice = client("alice");
  EXPECT_TRUE(diary_.lines().empty()) << "nothing is made that nobody uses";
  EXPECT_EQ(ask(alice, "count"), "1");
  EXPECT_EQ(ask(alice, "count"), "2");
  alice.send_text(R"({"op":"join"})");
  EXPECT_EQ(ask(alice, "count"), "3");
  expect_noted({"made"});
  alice.send_close();
  EXPECT_EQ(alice.read_close(), 1000U);
  expect_noted(
      {"made", "disconnect begins with 3", "disconnect ends", "left with 3", "destroyed with 3"});
}

TEST_F(ConnectionDataTest, EachConnectionHasItsOwn) {
  start(2);
  RawClient first = client("alice");
  RawClient second = client("alice");
  EXPECT_EQ(ask(first, "count"), "1");
  EXPECT_EQ(ask(first, "count"), "2");
  EXPECT_EQ(ask(second, "count"), "1");
  EXPECT_EQ(ask(first, "count"), "3");
}

TEST_F(ConnectionDataTest, OfASessionOutlivesLostConnectionsAndEndsWithTheSession) {
  limits.session_ttl = 300ms;
  start(2);
  const auto stream = [&] { return std::make_unique<RawClient>(app.port()); };
  V1Client alice(stream(), token("alice"));
  EXPECT_EQ(alice.ask({{"op", "count"}}).at("data"), Json(1));
  alice.ask({{"op", "join"}});
  alice.lose();
  eventually([&] { return !visits.is_connected("alice"); });
  V1Client back(stream(), token("alice"), &alice);
  ASSERT_TRUE(back.resumed());
  back.set_sent(alice.sent());
  EXPECT_EQ(back.ask({{"op", "count"}}).at("data"), Json(2));
  back.lose();
  expect_noted({"made", "disconnect begins with 1", "disconnect ends", "disconnect begins with 2",
                "disconnect ends", "expired with 2", "left with 2", "destroyed with 2"});
}

TEST_F(ConnectionDataTest, AnotherTypeIsAFailureOfTheHook) {
  start(1);
  RawClient alice = client("alice");
  EXPECT_EQ(ask(alice, "count"), "1");
  alice.send_text(R"({"op":"other type"})");
  EXPECT_EQ(alice.read_close(), 1011U);
  expect_noted({"made", "disconnect begins with 1", "disconnect ends", "destroyed with 1"});
}

TEST_F(ConnectionDataTest, OtherThreadsAndHandlesOfClosedConnectionsAreRefused) {
  start(1);
  RawClient alice = client("alice");
  EXPECT_EQ(ask(alice, "count"), "1");
  alice.send_text(R"({"op":"keep"})");
  EXPECT_EQ(ask(alice, "count"), "2");
  EXPECT_THROW(visits.kept->data<Visit>(), std::logic_error) << "on another thread";
  alice.send_close();
  expect_noted({"made", "destroyed with 2"});
  EXPECT_THROW(visits.kept->data<Visit>(), std::logic_error);
  app.stop();
  app.wait();
  visits.kept.reset();
}

TEST_F(ConnectionDataTest, MayHoldItsOwnSocket) {
  start(1);
  RawClient alice = client("alice");
  alice.send_text(R"({"op":"hold"})");
  eventually([] { return Holder::alive == 1; });
  alice.send_close();
  eventually([] { return Holder::alive == 0; });
}

TEST_F(ConnectionDataTest, IsDestroyedWhenTheServerStops) {
  start(2);
  RawClient alice = client("alice");
  EXPECT_EQ(ask(alice, "count"), "1");
  app.stop();
  app.wait();
  expect_noted({"made", "disconnect begins with 1", "disconnect ends", "destroyed with 1"});
}

}  // namespace
}  // namespace microframe
