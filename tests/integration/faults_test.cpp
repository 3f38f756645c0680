// The 28 faults of the Python original, each by its number: none may return. The faults of tokens
// alone are tested in tests/unit/authx.

#include <atomic>
#include <map>
#include <mutex>

#include "support/app_fixture.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::upgrade_request;

// An endpoint that counts its hooks and answers a few commands.
class Probe : public ws::ChatBase {
 public:
  std::atomic<int> connects{0};
  std::atomic<int> disconnects{0};
  std::mutex mutex;
  std::vector<std::string> users;
  std::vector<std::string> rooms_at_end;

  void on_connect(ws::WebSocket&, const ws::UserId& user) {
    ++connects;
    const std::lock_guard lock(mutex);
    users.push_back(user);
  }
  void on_message(ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
    const std::string type = text(message, "type");
    if (type == "join") in_room(join_room(socket, text(message, "room")));
    if (type == "leave") leave_room(socket, text(message, "room"));
    if (type == "say")
      broadcast_to_room(text(message, "room"), {{"from", user}, {"text", text(message, "text")}});
    if (type == "all") broadcast({{"from", user}});
    if (type == "throw") throw std::runtime_error("the hook's own");
    socket.send({{"done", type}});
  }
  void on_disconnect(ws::WebSocket& socket, const ws::UserId&, const ws::DisconnectReason&) {
    {
      const std::lock_guard lock(mutex);
      rooms_at_end = socket.rooms();
    }
    ++disconnects;
    if (throws) throw std::runtime_error("from on_disconnect");
  }
  std::atomic<bool> throws{false};
};

class Faults : public test::AppTest {
 protected:
  Probe& probe = app.route<Probe>("/ws", auth);

  static void ask(RawClient& from, const std::string& message) {
    from.send_text(message);
    from.read_until("done");
  }
  // returns: what a refused handshake receives.
  void expect_refused(const std::string& target, const std::string& fields = {}) {
    RawClient made = raw();
    made.send(upgrade_request(target, fields));
    EXPECT_EQ(made.read_status(), 101U);
    EXPECT_EQ(made.read_text(), R"({"error":"unauthorized"})");
    EXPECT_EQ(made.read_close(), 4401U);
    EXPECT_TRUE(made.at_end());
  }
};

TEST_F(Faults, F01_BadTokensDoNotConnectNorReceive) {
  start();
  RawClient alice = client("alice");
  const authx::AuthConfig other(std::string(32, 'o'));
  expect_refused("/ws?token=" + authx::create_access_token(auth, "eve", {},
                                                           std::chrono::system_clock::now() - 1h));
  expect_refused("/ws?token=" + authx::create_access_token(other, "eve"));
  expect_refused("/ws?token=" + authx::create_refresh_token(auth, "eve"));
  expect_refused(
      "/ws?token=eyJhbGciOiJub25lIn0."
      "eyJzdWIiOiJldmUiLCJ0eXBlIjoiYWNjZXNzIiwiZXhwIjo5OTk5OTk5OTk5fQ.");
  expect_refused("/ws");
  EXPECT_EQ(probe.connects, 1);
  EXPECT_EQ(probe.get_connected_users(), std::vector<std::string>{"alice"});
}

TEST_F(Faults, F02_TheUserIdIsTheTokensSub) {
  start();
  RawClient alice = client("alice");
  ask(alice, R"({"type":"x"})");
  EXPECT_EQ(probe.users, std::vector<std::string>{"alice"});
}

TEST_F(Faults, F03_ASecondDeviceReplacesNothing) {
  start();
  RawClient first = client("alice");
  ask(first, R"({"type":"join","room":"r"})");
  {
    RawClient second = client("alice");
    ask(second, R"({"type":"join","room":"r"})");
    EXPECT_EQ(probe.connection_count(), 2U);
  }
  eventually([&] { return probe.disconnects == 1; });
  EXPECT_TRUE(probe.is_connected("alice"));
  EXPECT_EQ(probe.get_room_members("r"), std::vector<std::string>{"alice"});
  EXPECT_TRUE(probe.send_to("alice", {{"still", "here"}}));
  EXPECT_EQ(first.read_text(), R"({"still":"here"})");
}

TEST_F(Faults, F04_EndpointsShareNothing) {
  Probe& other = app.route<Probe>("/other", auth);
  start();
  RawClient alice = client("alice");
  RawClient bob = client("bob", "/other");
  ask(alice, R"({"type":"join","room":"r"})");
  ask(bob, R"({"type":"x"})");
  EXPECT_EQ(probe.get_connected_users(), std::vector<std::string>{"alice"});
  EXPECT_EQ(other.get_connected_users(), std::vector<std::string>{"bob"});
  EXPECT_TRUE(other.get_room_members("r").empty());
}

TEST_F(Faults, F05_MembersComeAndGoDuringBroadcasts) {
  start();
  std::atomic<bool> ends{false};
  std::thread broadcaster([&] {
    while (!ends) probe.broadcast({{"tick", 1}});
  });
  for (int round = 0; round < 20; ++round) {
    std::vector<RawClient> crowd;
    for (int i = 0; i < 10; ++i) crowd.push_back(client("u" + std::to_string(i)));
    for (RawClient& one : crowd) EXPECT_EQ(one.read_text(), R"({"tick":1})");
  }
  ends = true;
  broadcaster.join();
  eventually([&] { return probe.connection_count() == 0; });
}

TEST_F(Faults, F06_AStalledPeerDelaysNobody) {
  limits.message_bytes_max = limits.outbox_bytes_max = 64 * 1024;
  limits.closing_time = 5000ms;  // enough time to read what lies before the Close
  start();
  RawClient stalled = client("stalled");
  RawClient healthy = client("healthy");
  eventually([&] { return probe.connection_count() == 2; });
  const Json big = {{"pad", std::string(32'000, 'x')}};
  for (int i = 0; i < 500; ++i) {
    probe.broadcast(big);
    EXPECT_EQ(healthy.read_text().size(), to_text(big).size());
  }
  eventually([&] { return probe.connection_count() == 1; });
  EXPECT_EQ(stalled.read_close(), 4408U);
}

TEST_F(Faults, F07_NoHookRunsAfterFailedAuthentication) {
  start();
  expect_refused("/ws?token=bad");
  RawClient alice = client("alice");
  ask(alice, R"({"type":"x"})");
  EXPECT_EQ(probe.connects, 1);
  EXPECT_EQ(probe.disconnects, 0);
}

TEST_F(Faults, F08_AThrowingOnDisconnectLeaksNothing) {
  start();
  probe.throws = true;
  {
    RawClient alice = client("alice");
    ask(alice, R"({"type":"join","room":"r"})");
  }
  eventually([&] {
    return probe.disconnects == 1 && probe.connection_count() == 0 &&
           probe.get_room_members("r").empty();
  });
  eventually([&] { return probe.get_user_rooms("alice").empty(); });
  EXPECT_EQ(probe.rooms_at_end, std::vector<std::string>{"r"});
}

class Bare : public ws::BaseWebSocket {
 public:
  std::atomic<int> disconnects{0};
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    socket.send(message);
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&) { ++disconnects; }
};

TEST_F(Faults, F09_BaseWebSocketAloneDisconnectsCleanly) {
  Bare& bare = app.route<Bare>("/bare", auth);
  start();
  {
    RawClient alice = client("alice", "/bare");
    alice.send_text("[1]");
    EXPECT_EQ(alice.read_text(), "[1]");
  }
  eventually([&] { return bare.disconnects == 1 && bare.connection_count() == 0; });
}

TEST_F(Faults, F10_TheDocumentedRouteFormWorks) {
  app.add(WebSocketRoute("/documented", std::make_unique<Bare>(), auth));
  start();
  RawClient alice = client("alice", "/documented");
  alice.send_text("{}");
  EXPECT_EQ(alice.read_text(), "{}");
}

TEST_F(Faults, F11_BadInputGetsAnErrorReplyAndTheConnectionLives) {
  start();
  RawClient alice = client("alice");
  alice.send_text("{not json");
  EXPECT_EQ(alice.read_text(), R"({"error":"invalid_json","detail":"syntax error"})");
  alice.send(test::frame(0x82, "binary"));
  EXPECT_EQ(alice.read_text().substr(0, 32), R"({"error":"binary_not_supported",)");
  alice.send_text(R"({"type":"join","room":["r"]})");
  EXPECT_EQ(alice.read_text().substr(0, 22), R"({"error":"bad_message")");
  alice.send_text(R"([1,2])");
  EXPECT_EQ(alice.read_text().substr(0, 22), R"({"error":"bad_message")");
  alice.send_text(std::string(100, '['));
  EXPECT_EQ(alice.read_text().substr(0, 23), R"({"error":"invalid_json")");
  ask(alice, R"({"type":"x"})");
}

TEST_F(Faults, F12_ACookieNeedsAnAllowedOrigin) {
  start();
  const std::string cookie = "Cookie: access_token=" + token("alice") + "\r\n";
  for (const char* origin : {"Origin: https://evil.example\r\n", "Origin: null\r\n", ""}) {
    RawClient made = raw();
    made.send(upgrade_request("/ws", cookie + origin));
    EXPECT_EQ(made.read_status(), 403U) << origin;
  }
  RawClient good = raw();
  good.send(upgrade_request("/ws", cookie + "Origin: https://app.example\r\n"));
  EXPECT_EQ(good.read_status(), 101U);
}

TEST_F(Faults, F13_TheTokensSubprotocolIsAnswered) {
  start();
  const auto answer = [&](const std::string& offered) {
    RawClient made = raw();
    made.send(upgrade_request("/ws", "Sec-WebSocket-Protocol: " + offered + "\r\n"));
    const std::string head = made.read_head();
    const std::size_t at = head.find("Sec-WebSocket-Protocol: ");
    return at == std::string::npos ? std::string()
                                   : head.substr(at + 24, head.find("\r\n", at) - at - 24);
  };
  const std::string carrier = "token." + token("alice");
  EXPECT_EQ(answer(carrier), carrier);
  EXPECT_EQ(answer(carrier + ", chat.v2"), "chat.v2");
  EXPECT_EQ(answer("chat.v2, " + carrier), "chat.v2");
}

TEST_F(Faults, F18_ALiveConnectionEndsWithItsToken) {
  start();
  RawClient made = raw();
  // Tokens count whole seconds: at least one is left.
  const std::string short_lived = token("alice", Options().ttl(2s));
  made.send(upgrade_request("/ws?token=" + short_lived));
  EXPECT_EQ(made.read_status(), 101U);
  ask(made, R"({"type":"x"})");
  EXPECT_EQ(made.read_close(), 4401U);
  expect_ended_with(short_lived);
  eventually([&] { return probe.connection_count() == 0; });
}

// A user store that answers what the test tells it.
class Store : public authx::AuthManager {
 public:
  std::chrono::milliseconds delay{0};
  bool knows = true;
  bool throws = false;
  Task<std::optional<authx::User>> get_user_by_email(std::string) override {
    co_return std::nullopt;
  }
  Task<std::optional<authx::User>> get_user_by_id(std::string id) override {
    co_await sleep_for(delay);
    if (throws) throw std::runtime_error("the database is down");
    if (!knows) co_return std::nullopt;
    co_return authx::User(id, id + "@app.example");
  }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
};

TEST_F(Faults, F20_AuthenticationHasATimeLimit) {
  Store store;
  store.delay = 1h;
  Probe& guarded = app.route<Probe>("/guarded", auth, store);
  limits.auth_time = 200ms;
  start();
  const auto begun = std::chrono::steady_clock::now();
  RawClient waiting = raw();
  waiting.send(upgrade_request("/guarded?token=" + token("alice")) +
               test::frame(0x81, R"({"type":"x"})"));
  RawClient neighbour = client("bob");
  ask(neighbour, R"({"type":"x"})");
  EXPECT_EQ(waiting.read_status(), 503U);
  expect_ended_at(limits.auth_time, begun);
  EXPECT_EQ(guarded.connects, 0);
}

TEST_F(Faults, F21_TheReasonSaidAloudIsOneWord) {
  start();
  for (const std::string& bad :
       {std::string("bad"), authx::create_refresh_token(auth, "a"), token("a") + "x"}) {
    expect_refused("/ws?token=" + bad);
  }
}

TEST_F(Faults, F22_DeadSocketsAreForgotten) {
  start();
  RawClient alice = client("alice");
  ask(alice, R"({"type":"x"})");
  alice.reset();
  eventually([&] { return probe.connection_count() == 0 && probe.disconnects == 1; });
  EXPECT_FALSE(probe.send_to("alice", {{"a", 1}}));
}

TEST_F(Faults, F23_MembershipBelongsToTheDevice) {
  start();
  RawClient first = client("alice");
  RawClient second = client("alice");
  ask(first, R"({"type":"join","room":"r"})");
  ask(second, R"({"type":"join","room":"r"})");
  ask(second, R"({"type":"leave","room":"r"})");
  EXPECT_EQ(probe.get_room_members("r"), std::vector<std::string>{"alice"});
  EXPECT_FALSE(in_room(probe.join_room("ghost", "r")));
  EXPECT_EQ(probe.get_room_members("r"), std::vector<std::string>{"alice"});
  probe.broadcast_to_room("r", {{"to", "r"}});
  EXPECT_EQ(first.read_text(), R"({"to":"r"})");
  EXPECT_TRUE(second.silent());
}

TEST_F(Faults, F24_EverythingHasALimit) {
  limits.message_bytes_max = 1000;
  limits.messages_per_second = 5;
  limits.messages_burst = 5;
  limits.overrun_time = std::chrono::milliseconds(0);
  limits.devices_per_user_max = 2;
  limits.connections_per_address_max = 4;
  limits.rooms_per_connection_max = 1;
  start(1);
  RawClient big = client("big");
  big.send(test::frame(0x81, std::string(1001, 'x')));
  EXPECT_EQ(big.read_close(), 1009U);
  big.reset();
  RawClient flood = client("flood");
  for (int i = 0; i < 6; ++i) flood.send_text("{}");
  EXPECT_EQ(flood.read_close(), 4429U);
  flood.reset();
  RawClient oldest = client("many");
  RawClient second = client("many");
  RawClient third = client("many");
  EXPECT_EQ(oldest.read_close(), 4409U);
  ask(third, R"({"type":"join","room":"a"})");
  EXPECT_EQ(probe.join_room("many", "b"),
            ws::JoinResult::joined);  // the device that was in no room
  EXPECT_EQ(probe.join_room("many", "c"), ws::JoinResult::too_many_rooms);
  EXPECT_EQ(probe.join_room("many", std::string(256, 'r')), ws::JoinResult::name_invalid);
  RawClient fourth = raw();
  RawClient fifth = raw();
  fifth.send(upgrade_request("/ws?token=" + token("x")));
  EXPECT_EQ(fifth.read_status(), 429U);
}

TEST_F(Faults, F26_SocketReadsTheConfiguredCookie) {
  auth.sources = {{authx::TokenSource::Carrier::cookie, "session"}};
  app.route<Probe>("/renamed", auth);
  start();
  const std::string origin = "Origin: https://app.example\r\n";
  expect_refused("/renamed", "Cookie: access_token=" + token("eve") + "\r\n" + origin);
  RawClient made = raw();
  made.send(upgrade_request("/renamed", "Cookie: session=" + token("alice") + "\r\n" + origin));
  EXPECT_EQ(made.read_status(), 101U);
  ask(made, R"({"type":"x"})");
}

TEST_F(Faults, F27_ExamplesHaveNoWeakSecret) {
  EXPECT_THROW(authx::AuthConfig("secret"), ConfigError);
  EXPECT_THROW(authx::AuthConfig("your-secret-key"), ConfigError);
}

// F28, a hook that nothing calls: tests/compile_fail.

}  // namespace
}  // namespace microframe
