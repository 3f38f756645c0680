// Cases in which two correct rules meet. Reviews found them.

#include <atomic>
#include <stdexcept>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/chats.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::frame;
using test::RawClient;
using test::Received;
using test::upgrade_request;

class Edges : public test::AppTest {
 protected:
  unsigned status_of(const std::string& path) const {
    RawClient made = raw();
    made.send(upgrade_request(path + "?token=" + token("alice")));
    return made.read_status();
  }
};

class Room : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json& message) { broadcast(message); }
};

// A parser turns 1e400 into infinity, which the serializer writes as a word that no browser can
// parse.
TEST_F(Edges, NumberOutOfRangeReachesNobody) {
  app.route<Room>("/ws", auth);
  start();
  RawClient alice = client("alice");
  RawClient bob = client("bob");
  for (const char* number : {"1e400", "-1e400", "[{\"deep\":1e999}]"}) {
    alice.send_text(R"({"n":)"s + number + "}");
    EXPECT_NE(alice.read_text().find(R"("error":"invalid_json")"), std::string::npos) << number;
  }
  alice.send_text(R"({"n":1})");
  EXPECT_EQ(bob.read_text(), R"({"n":1})");
}

class Rude : public ws::BaseWebSocket {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) { throw BadMessage("\xFF\xFE"); }
};

TEST_F(Edges, BadMessageThatIsNotUtf8IsReportedInUtf8) {
  app.route<Rude>("/ws", auth);
  start();
  RawClient alice = client("alice");
  alice.send_text("{}");
  EXPECT_EQ(alice.read_text(), R"({"error":"bad_message","detail":"not UTF-8"})");
}

TEST_F(Edges, LeewayAppliesToOpenConnections) {
  auth.leeway = 120s;
  app.route<test::RefreshChat>("/ws", auth);
  start();
  RawClient made = raw();
  made.send(upgrade_request("/ws?token=" + token("alice", Options().ttl(-60s))));
  EXPECT_EQ(made.read_status(), 101U);
  made.send_text(R"({"token":"x"})");
  EXPECT_EQ(made.read_text(), R"({"good":false})");
}

TEST_F(Edges, AFreshTokenThatEndsEarlierEndsTheConnectionEarlier) {
  app.route<test::RefreshChat>("/ws", auth);
  start();
  RawClient made = client("alice");
  made.send_text(R"({"token":")" + token("alice", Options().ttl(1s)) + R"("})");
  EXPECT_EQ(made.read_text(), R"({"good":true})");
  EXPECT_EQ(made.read_close(), 4401U);
}

// One hook sends more than the outbox may hold: the peer is not slow if the kernel was never asked.
class Replay : public ws::BaseWebSocket {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) {
    for (int i = 0; i < 20; ++i) socket.send(ws::Message::text(std::string(8192, 'x')));
  }
  void on_message(ws::WebSocket&, const ws::UserId&, const ws::Message&) {}
};

TEST_F(Edges, ABurstLongerThanTheOutboxDoesNotMakeAPeerSlow) {
  limits.message_bytes_max = limits.outbox_bytes_max = 64 * 1024;
  app.route<Replay>("/ws", auth);
  start();
  RawClient made = client("alice");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(made.read_text().size(), 8192U);
}

TEST_F(Edges, APongDoesNotOvertakeTheHandshakesAnswer) {
  app.route<Room>("/ws", auth);
  start();
  RawClient made = raw();
  made.send(upgrade_request("/ws?token=" + token("alice")) + frame(0x89, "one") +
            frame(0x89, "two"));
  EXPECT_EQ(made.read_status(), 101U);
  EXPECT_EQ(made.read_frame().payload, "one");
  EXPECT_EQ(made.read_frame().payload, "two");
}

TEST_F(Edges, AFloodFromAFullAddressHoldsFewDescriptors) {
  limits.connections_per_address_max = 1;
  app.route<Room>("/ws", auth);
  start(1);
  RawClient kept = client("alice");
  std::vector<RawClient> flood;
  for (int i = 0; i < 300; ++i) flood.push_back(raw());
  EXPECT_TRUE(flood.back().at_end());  // dropped, while the first ones wait for their 429
  flood.front().send(upgrade_request("/ws"));
  EXPECT_EQ(flood.front().read_status(), 429U);
}

// The hook waits until the test releases it.
class Gated : public ws::BaseWebSocket {
 public:
  std::atomic<bool> open{false};
  std::atomic<int> waiting{0};
  std::atomic<int> messages{0};
  Task<> on_message(ws::WebSocket&, const ws::UserId&, const ws::Message&) {
    ++waiting;
    while (!open) co_await sleep_for(1ms);
    ++messages;
  }
};

TEST_F(Edges, LostConnectionCountsWhileItsHookRuns) {
  limits.connections_per_address_max = 1;
  Gated& gated = app.route<Gated>("/ws", auth);
  start(1);
  RawClient made = client("alice");
  made.send_text("x");
  eventually([&] { return gated.waiting == 1; });
  made.reset();
  eventually([&] { return gated.connection_count() == 0; });
  EXPECT_EQ(status_of("/ws"), 429U);
  gated.open = true;
  eventually([&] { return status_of("/ws") == 101U; });
}

// An empty message costs what is needed to queue it. Reading stops for empty messages too, so
// that the kernel's buffers fill.
TEST_F(Edges, EmptyMessagesBehindAWaitingHookStopReading) {
  limits.messages_per_second = 0;
  limits.waiting_bytes_max = 1000;
  Gated& gated = app.route<Gated>("/ws", auth);
  start(1);
  RawClient made = client("alice");
  std::string batch;
  for (int i = 0; i < 10'000; ++i) batch += frame(0x82, "");
  std::size_t sent = 0;
  ssize_t last = 1;
  eventually([&] {
    last = ::send(made.fd(), batch.data(), batch.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (last > 0) sent += static_cast<std::size_t>(last);
    return last < 0;
  });
  EXPECT_LT(sent, std::size_t{64} << 20);
  EXPECT_EQ(gated.waiting, 1);
  made.reset();
  gated.open = true;
}

// A store that throws something other than a std::exception, before and inside its coroutine.
class Careless : public authx::AuthManager {
 public:
  bool inside = false;
  Task<std::optional<authx::User>> get_user_by_email(std::string) override {
    co_return std::nullopt;
  }
  Task<std::optional<authx::User>> get_user_by_id(std::string) override {
    if (!inside) throw 1;
    return later();
  }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }

 private:
  static Task<std::optional<authx::User>> later() {
    co_await sleep_for(1ms);
    throw 1;
  }
};

TEST_F(Edges, UserStoreThatThrowsANumberAnswers503) {
  Careless outside;
  Careless inside;
  inside.inside = true;
  app.route<Room>("/outside", auth, outside);
  app.route<Room>("/inside", auth, inside);
  start();
  EXPECT_EQ(status_of("/outside"), 503U);
  EXPECT_EQ(status_of("/inside"), 503U);
}

TEST_F(Edges, ApplicationStoppedBeforeItsStartThrows) {
  app.route<Room>("/ws", auth);
  app.stop();
  EXPECT_THROW(start(), ConfigError);
}

// Reads members without a look whether they are there, as the README's program does.
class Trusting : public ws::BaseWebSocket {
 public:
  std::atomic<int> disconnects{0};
  Json on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    return {{"text", message.at("text")}};
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&) { ++disconnects; }
};

TEST_F(Edges, C23_AMissingMemberIsTheSendersFaultAndTheConnectionStays) {
  Trusting& trusting = app.route<Trusting>("/ws", auth);
  start();
  RawClient alice = client("alice");
  alice.send_text(R"({"foo":1})");
  EXPECT_NE(alice.read_text().find(R"("error":"bad_message")"), std::string::npos);
  alice.send_text(R"({"text":"hi"})");
  EXPECT_EQ(alice.read_text(), R"({"text":"hi"})");
  EXPECT_EQ(trusting.disconnects, 0);
}

TEST_F(Edges, C25_AClientThatGoesAwayMayComeBackAndOneThatIsDoneMayNot) {
  Trusting& trusting = app.route<Trusting>("/ws", auth);
  start();
  int gone = 0;
  for (const auto& [code, comes_back] : {std::pair{1001U, true}, {1000U, false}}) {
    test::V1Client alice(std::make_unique<RawClient>(app.port()), token("alice"));
    alice.stream().send_close(code);
    alice.stream().read_close();
    ++gone;
    eventually([&] { return trusting.disconnects == gone; });
    test::V1Client again(std::make_unique<RawClient>(app.port()), token("alice"), &alice);
    EXPECT_EQ(again.resumed(), comes_back) << code;
    again.lose();
    ++gone;
    eventually([&] { return trusting.disconnects == gone; });
  }
}

}  // namespace
}  // namespace microframe
