// The public interface on real sockets: every method of ChatBase, every form of hook, routes, pages
// and errors at start.

#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "support/app_fixture.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::frame;
using test::RawClient;
using test::upgrade_request;

class Chat : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    socket.send(message);
  }
};

class Api : public test::AppTest {
 protected:
  Chat& chat = app.route<Chat>("/ws", auth);
  unsigned status_of(std::string_view request) {
    RawClient made = raw();
    made.send(request);
    return made.read_status();
  }
};

TEST_F(Api, BroadcastFromAnyThreadSkipsTheExcluded) {
  start();
  RawClient a1 = client("a");
  RawClient a2 = client("a");
  RawClient b = client("b");
  eventually([&] { return chat.connection_count() == 3; });
  chat.broadcast({{"n", 1}});
  chat.broadcast({{"n", 2}}, {"a"});
  chat.broadcast(ws::Message::binary(std::as_bytes(std::span("bin", 3))),
                 std::vector<ws::UserId>{"a", "ghost"});
  chat.broadcast(ws::Message::text("end"));
  for (RawClient* one : {&a1, &a2}) {
    EXPECT_EQ(one->read_text(), R"({"n":1})");
    EXPECT_EQ(one->read_text(), "end");
  }
  EXPECT_EQ(b.read_text(), R"({"n":1})");
  EXPECT_EQ(b.read_text(), R"({"n":2})");
  const test::Received binary = b.read_frame();
  EXPECT_EQ(binary.first, 0x82U);
  EXPECT_EQ(binary.payload, "bin");
  EXPECT_EQ(b.read_text(), "end");
}

TEST_F(Api, SendToReturnsWhetherTheUserWasThere) {
  start();
  RawClient a1 = client("a");
  RawClient a2 = client("a");
  RawClient b = client("b");
  eventually([&] { return chat.connection_count() == 3; });
  EXPECT_TRUE(chat.send_to("a", {{"to", "a"}}));
  EXPECT_FALSE(chat.send_to("ghost", {{"to", "ghost"}}));
  EXPECT_EQ(chat.send_to_many({"a", "b", "a", "ghost"}, {{"to", "many"}}), 2U);
  for (RawClient* one : {&a1, &a2}) {
    EXPECT_EQ(one->read_text(), R"({"to":"a"})");
    EXPECT_EQ(one->read_text(), R"({"to":"many"})");
    EXPECT_TRUE(one->silent());
  }
  EXPECT_EQ(b.read_text(), R"({"to":"many"})");
}

TEST_F(Api, RoomsWorkFromAnyThread) {
  start();
  RawClient a = client("a");
  RawClient b = client("b");
  eventually([&] { return chat.connection_count() == 2; });
  EXPECT_EQ(chat.join_room("a", "r"), ws::JoinResult::joined);
  EXPECT_EQ(chat.join_room("b", "r"), ws::JoinResult::joined);
  EXPECT_EQ(chat.get_room_members("r"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(chat.get_user_rooms("a"), std::vector<std::string>{"r"});
  EXPECT_EQ(chat.rooms(), std::vector<std::string>{"r"});
  EXPECT_EQ(chat.room_size("r"), 2U);
  EXPECT_TRUE(chat.is_in_room("a", "r"));
  EXPECT_FALSE(chat.is_in_room("a", "empty"));
  EXPECT_TRUE(chat.broadcast_to_room("r", {{"n", 1}}, {"b"}));
  EXPECT_FALSE(chat.broadcast_to_room("empty", {{"n", 1}}));
  EXPECT_TRUE(chat.leave_room("a", "r"));
  EXPECT_TRUE(chat.broadcast_to_room("r", {{"n", 2}}));
  EXPECT_EQ(a.read_text(), R"({"n":1})");
  EXPECT_TRUE(a.silent());
  EXPECT_EQ(b.read_text(), R"({"n":2})");
}

// Says which rooms it is in, and whether it is in "r".
class Inside : public ws::ChatBase {
 public:
  std::atomic<bool> was_in{false};  // at the end
  void on_connect(ws::WebSocket& socket, const ws::UserId&) { join_room(socket, "r"); }
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json&) {
    leave_room(socket, "r");
    const bool after = is_in_room(socket, "r");
    join_room(socket, "r");
    socket.send({{"rooms", array_of(socket.rooms())},
                 {"in", is_in_room(socket, "r")},
                 {"after leaving", after}});
  }
  void on_disconnect(ws::WebSocket& socket, const ws::UserId& user) {
    was_in = is_in_room(socket, "r") && is_in_room(user, "r");
  }
};

TEST_F(Api, ADeviceIsAskedWhetherItIsInARoom) {
  Inside& inside = app.route<Inside>("/inside", auth);
  start();
  RawClient a1 = client("a", "/inside");
  RawClient a2 = client("a", "/inside");
  a1.send_text("{}");
  EXPECT_EQ(a1.read_text(), R"({"rooms":["r"],"in":true,"after leaving":false})");
  a1.send_close();
  EXPECT_EQ(a1.read_close(), 1000U);
  eventually([&] { return inside.was_in.load(); });
  EXPECT_EQ(inside.room_size("r"), 1U);
}

TEST_F(Api, EndpointMethodsThrowBeforeTheStart) {
  EXPECT_THROW(chat.broadcast({{"n", 1}}), std::logic_error);
  EXPECT_THROW(chat.get_connected_users(), std::logic_error);
  start();
  EXPECT_TRUE(chat.get_connected_users().empty());
}

// Each form of reply, and what a hook may ask of its socket.
class Forms : public ws::ChatBase {
 public:
  std::optional<ws::WebSocket> kept;
  Task<> on_connect(ws::WebSocket& socket, const ws::UserId& user) {
    auto worker = offload([user] { return "worked for " + user; });
    const std::string words = co_await worker;
    socket.send({{"connect", words},
                 {"role", socket.claims().at("role")},
                 {"protocol", socket.subprotocol()}});
    kept = socket;
  }
  Task<Json> on_message(ws::WebSocket&, const ws::UserId& user, const Json& message) {
    co_await sleep_for(1ms);
    co_return Json{{"reply to", user}, {"of", message}};
  }
  Task<> on_binary(ws::WebSocket& socket, const ws::UserId&, std::span<const std::byte> bytes) {
    co_await sleep_for(1ms);
    socket.send_binary(bytes);
  }
};

TEST_F(Api, CoroutineHooksReplyAndKeepWhatTheyRead) {
  Forms& forms = app.route<Forms>("/forms", auth);
  start();
  RawClient made = raw();
  const std::string jwt = token("alice", Options().claims({{"role", "admin"}}));
  made.send(upgrade_request("/forms", "Sec-WebSocket-Protocol: v2, token." + jwt + "\r\n"));
  EXPECT_EQ(made.read_status(), 101U);
  EXPECT_EQ(made.read_text(), R"({"connect":"worked for alice","role":"admin","protocol":"v2"})");
  made.send_text(R"({"n":1})");
  made.send(frame(0x82, "\x01\x02"));
  EXPECT_EQ(made.read_text(), R"({"reply to":"alice","of":{"n":1}})");
  EXPECT_EQ(made.read_frame().payload, "\x01\x02");
  made.send_close();
  EXPECT_EQ(made.read_close(), 1000U);
  eventually([&] { return forms.connection_count() == 0; });
  // A handle to a closed connection is safe: it reports that the connection is closed.
  EXPECT_FALSE(forms.kept->is_open());
  EXPECT_FALSE(forms.kept->send({{"too", "late"}}));
  forms.kept->close();
  EXPECT_EQ(forms.kept->user(), "alice");
  EXPECT_THROW(forms.kept->close(1006), std::invalid_argument);
  forms.kept.reset();
}

class Hasher : public ws::ChatBase {
 public:
  std::atomic<int> under_way{0};
  Task<Json> on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    if (!message.as_object().contains("password")) co_return Json(under_way.load());
    ++under_way;
    const std::string hash = co_await authx::hash_password(text(message, "password"));
    --under_way;
    co_return Json(hash);
  }
};

// bcrypt takes a fifth of a second of a core. It runs on a worker, because the only loop would
// stand still otherwise. The memory that holds a parsed message is used again for the next one.
class MessageKeeper : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    const std::lock_guard lock(mutex);
    whole.push_back(message);
    parts.push_back(message.at("list"));
    Json reply = message;
    reply.as_object()["kept"] = whole.size();
    socket.send(reply);
  }
  std::mutex mutex;
  std::vector<Json> whole;
  std::vector<Json> parts;
};

TEST_F(Api, CopiesOfMessagesMayBeKept) {
  MessageKeeper& keeper = app.route<MessageKeeper>("/keep", auth);
  start(1);
  RawClient a = client("a", "/keep");
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    a.send_text(R"({"n":)" + n + R"(,"list":["a text that needs memory of its own",)" + n + "]}");
  }
  for (int i = 1; i <= 20; ++i)
    EXPECT_NE(a.read_text().find(R"("kept":)" + std::to_string(i) + "}"), std::string::npos);
  const std::lock_guard lock(keeper.mutex);
  for (int i = 0; i < 20; ++i) {
    const auto at = static_cast<std::size_t>(i);
    EXPECT_EQ(keeper.whole[at].at("n"), i);
    EXPECT_EQ(keeper.parts[at].at(0), "a text that needs memory of its own");
    EXPECT_EQ(keeper.parts[at].at(1), i);
  }
  keeper.whole.clear();  // on another thread than the one that made them
}

TEST_F(Api, HashingAPasswordDelaysNobody) {
  app.route<Hasher>("/hash", auth);
  start(1);
  RawClient hashing = client("alice", "/hash");
  RawClient neighbour = client("bob", "/hash");
  bool heard_meanwhile = false;
  for (int i = 0; i < 10 && !heard_meanwhile; ++i) {  // a busy machine may be too slow once
    hashing.send_text(R"({"password":"correct horse"})");
    for (int ask = 0; ask < 20; ++ask) {
      neighbour.send_text("{}");
      heard_meanwhile = neighbour.read_text() == "1" || heard_meanwhile;
    }
    const std::string hash = hashing.read_text();
    ASSERT_EQ(hash.substr(0, 5), "\"$2b$");
    EXPECT_TRUE(
        sync_wait(authx::verify_password("correct horse", hash.substr(1, hash.size() - 2))));
  }
  EXPECT_TRUE(heard_meanwhile);
}

TEST_F(Api, CallbacksServeAnEndpoint) {
  std::atomic<int> gone{0};
  ws::ChatBase& lambdas = app.websocket(
      "/lambda", auth,
      ws::Callbacks()
          .on_connect([](ws::WebSocket& socket, const ws::UserId& user) {
            socket.chat().broadcast({{"in", user}});
          })
          .on_message([](ws::WebSocket&, const ws::UserId&, const ws::Message& message) -> Json {
            return {{"size", message.bytes().size()}};
          })
          .on_disconnect(
              [&gone](ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
                EXPECT_EQ(reason.cause, ws::DisconnectCause::peer_closed);
                EXPECT_EQ(reason.text, "bye");
                ++gone;
              }));
  start();
  RawClient made = client("alice", "/lambda");
  EXPECT_EQ(made.read_text(), R"({"in":"alice"})");
  made.send_text("four");
  EXPECT_EQ(made.read_text(), R"({"size":4})");
  EXPECT_TRUE(lambdas.send_to("alice", {{"from", "outside"}}));
  EXPECT_EQ(made.read_text(), R"({"from":"outside"})");
  made.send(frame(0x88, "\x03\xE8"s + "bye"));
  EXPECT_EQ(made.read_close(), 1000U);
  eventually([&] { return gone == 1; });
}

TEST_F(Api, CallbacksReceiveSessionHooks) {
  std::mutex mutex;
  std::vector<std::string> told;
  const auto note = [&](const std::string& what) {
    const std::lock_guard lock(mutex);
    told.push_back(what);
  };
  app.websocket(
      "/lambda", auth,
      ws::Callbacks()
          .on_message([](ws::WebSocket&, const ws::UserId&, const Json&) {})
          .can_join([](ws::WebSocket&, const ws::UserId&, const std::string& room) -> Task<bool> {
            co_return room == "open";
          })
          .on_join([&](ws::WebSocket&, const ws::UserId&, const std::string& room) {
            note("joined " + room);
          })
          .on_leave([&](ws::WebSocket&, const ws::UserId&, const std::string& room) {
            note("left " + room);
          })
          .on_session_expired([&](ws::WebSocket&, const ws::UserId&) { note("expired"); })
          .on_user_online([&](const ws::UserId& user) { note(user + " online"); })
          .on_user_offline([&](const ws::UserId& user) { note(user + " offline"); }));
  limits.session_ttl = std::chrono::milliseconds(200);
  start();
  test::V1Client alice(std::make_unique<RawClient>(app.port()), token("alice"), nullptr, "/lambda");
  EXPECT_EQ(alice.join("closed").at("code"), "forbidden");
  EXPECT_EQ(alice.join("open").at("t"), "joined");
  alice.lose();
  const std::vector<std::string> expected = {"alice online", "joined open", "expired", "left open",
                                             "alice offline"};
  eventually([&] {
    const std::lock_guard lock(mutex);
    return told.size() == expected.size();
  });
  // The hooks about online users run on a loop of the user's, which may be another one.
  std::sort(told.begin(), told.end());
  std::vector<std::string> sorted = expected;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(told, sorted);
}

TEST_F(Api, PlainRequestGetsItsStatus) {
  app.page("/page", "text/plain", "content");
  start();
  EXPECT_EQ(status_of("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"), 404U);
  EXPECT_EQ(status_of("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n"), 426U);
  EXPECT_EQ(status_of("POST /ws HTTP/1.1\r\nHost: x\r\n\r\n"), 405U);
  EXPECT_EQ(status_of("POST /page HTTP/1.1\r\nHost: x\r\n\r\n"), 405U);
  EXPECT_EQ(status_of("GET /page HTTP/1.1\r\nHost: x\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("HEAD /page HTTP/1.1\r\nHost: x\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("nonsense\r\n\r\n"), 400U);
}

TEST_F(Api, PageHasTheFieldsThatItWasGiven) {
  const std::string policy = "default-src 'none'; frame-ancestors 'none'";
  app.page("/page", "text/plain", "content", {{"Content-Security-Policy", policy}, {"X-A", "b"}});
  start();
  RawClient client = raw();
  client.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = client.read_head();
  EXPECT_NE(head.find("\r\nContent-Security-Policy: " + policy + "\r\nX-A: b\r\n"),
            std::string::npos)
      << head;
}

TEST_F(Api, MetricsCountRejections) {
  start();
  EXPECT_EQ(status_of("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"), 404U);
  RawClient made = raw();
  made.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  made.read_head();
  std::string body;
  char bytes[4096];
  for (ssize_t size; (size = ::recv(made.fd(), bytes, sizeof bytes, 0)) > 0;)
    body.append(bytes, static_cast<std::size_t>(size));
  EXPECT_NE((made.rest() + body).find("microframe_rejected_total{reason=\"not_found\"} 1"),
            std::string::npos)
      << body;
}

TEST_F(Api, RouteMistakesAreReportedAtStart) {
  EXPECT_THROW(app.route<Chat>("/ws", auth), ConfigError);
  EXPECT_THROW(app.page("/ws", "text/plain", ""), ConfigError);
  EXPECT_THROW(app.page("/name", "text/plain", "", {{"X A", "b"}}), ConfigError);
  EXPECT_THROW(app.page("/value", "text/plain", "", {{"X-A", "b\r\nX-C: d"}}), ConfigError);
  EXPECT_THROW(app.route<Chat>("ws", auth), ConfigError);
  EXPECT_THROW(app.websocket("/empty", auth, ws::Callbacks()), ConfigError);
  EXPECT_THROW(app.threads(0), ConfigError);
  start();
  EXPECT_THROW(app.route<Chat>("/late", auth), ConfigError);
  EXPECT_THROW(app.start("127.0.0.1:0"), ConfigError);
  Application second;
  EXPECT_EQ(second.run("127.0.0.1:" + std::to_string(app.port())), 1);  // in use
}

TEST_F(Api, ServesUnixSockets) {
  const std::string path = testing::TempDir() + "microframe-api-test.sock";
  app.threads(2);
  app.start("unix:" + path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(where.sun_path, sizeof where.sun_path - 1);
  ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  RawClient made = RawClient::adopt(fd);
  made.send(upgrade_request("/ws?token=" + token("alice")));
  EXPECT_EQ(made.read_status(), 101U);
  made.send_text("[1]");
  EXPECT_EQ(made.read_text(), "[1]");
  ::unlink(path.c_str());
}

// A store whose functions throw before they are coroutines.
class Broken : public authx::AuthManager {
 public:
  Task<std::optional<authx::User>> get_user_by_email(std::string) override {
    throw std::runtime_error("down");
  }
  Task<std::optional<authx::User>> get_user_by_id(std::string) override {
    throw std::runtime_error("down");
  }
  Task<bool> verify_password(const authx::User&, std::string) override {
    throw std::runtime_error("down");
  }
};

TEST_F(Api, ThrowingUserStoreAnswers503) {
  Broken broken;
  app.route<Chat>("/broken", auth, broken);
  start();
  EXPECT_EQ(status_of(upgrade_request("/broken?token=" + token("alice"))), 503U);
}

}  // namespace
}  // namespace microframe
