// More than a process can bear: no descriptors, no memory, blocking hooks, endless rooms. By the
// numbers of the scenarios, each beside a healthy neighbour.

#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "support/app_fixture.hpp"
#include "support/chats.hpp"
#include "support/child_server.hpp"
#include "support/sanitized.hpp"
#include "support/served.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::ChildServer;
using test::EchoChat;
using test::frame;
using test::kSanitized;
using test::LogCapture;
using test::RawClient;
using test::upgrade_request;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddressSanitized = true;
#elif defined(__clang__)
constexpr bool kAddressSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kAddressSanitized = false;
#endif

constexpr std::size_t kMiB = 1024 * 1024;

std::size_t number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text ? std::strtoul(text, nullptr, 10) : 0;
}

const authx::AuthConfig& child_auth() {
  static const authx::AuthConfig auth(std::string(32, 's'));
  return auth;
}

// What a ChildServer runs: an echo on /ws, with a given number of descriptors and a given amount
// of memory beyond what the process uses already.
TEST(Child, DISABLED_Serve) {
  Application app;
  app.route<EchoChat>("/ws", child_auth());
  app.admin("public");
  Limits limits;
  limits.messages_per_second = 0;
  limits.devices_per_user_max = limits.connections_max;
  limits.connections_per_address_max = 0;
  limits.closing_time = 200ms;
  limits.memory_bytes_max = number_in("MICROFRAME_TEST_MEMORY");
  app.limits(limits).threads(1);
  app.start("127.0.0.1:0");
  // Now, because at its start the server takes no more connections than there are descriptors for.
  if (const std::size_t descriptors = number_in("MICROFRAME_TEST_DESCRIPTORS"); descriptors != 0) {
    const rlimit few{descriptors, descriptors};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  const std::string port = std::to_string(app.port()) + "\n";
  ASSERT_GT(::write(3, port.data(), port.size()), 0);
  ::close(3);
  char byte = 0;
  EXPECT_EQ(::read(4, &byte, 1), 0);
  app.stop();
  app.wait();
}

class Overload : public test::AppTest {
 protected:
  static std::string request() {
    return upgrade_request("/ws?token=" + authx::create_access_token(child_auth(), "alice"));
  }
  static void expect_echo(RawClient& from) {
    from.send_text("still here");
    EXPECT_EQ(from.read_text(), "still here");
  }
};

// --- 43: out of descriptors ---

TEST_F(Overload, S43_ServerOutOfDescriptorsRestsAndRecovers) {
  // UBSan, which is enabled too, opens a pipe to check whether an object is valid, and considers
  // it invalid if the pipe cannot be opened.
  if (kAddressSanitized) GTEST_SKIP() << "the sanitizer needs descriptors itself";
  ChildServer server("Child.DISABLED_Serve", {"MICROFRAME_TEST_DESCRIPTORS=64"});
  RawClient neighbour(server.port());
  neighbour.send(request());
  EXPECT_EQ(neighbour.read_status(), 101U);
  std::vector<RawClient> crowd;
  for (int i = 0; i < 100; ++i) {  // connections that the server does not accept wait in the kernel
    crowd.emplace_back(server.port());
    crowd.back().send(request());
  }
  EXPECT_EQ(crowd.front().read_status(), 101U);
  EXPECT_TRUE(crowd.back().silent());
  // Less than 5 % of a core (10 % with a sanitizer) over two seconds, while the crowd waits.
  const long before = server.ticks();
  std::this_thread::sleep_for(2s);
  const double share = static_cast<double>(server.ticks() - before) /
                       (2.0 * static_cast<double>(::sysconf(_SC_CLK_TCK)));
  EXPECT_LT(share, kSanitized ? 0.1 : 0.05);
  expect_echo(neighbour);
  RawClient last = std::move(crowd.back());
  crowd.clear();
  EXPECT_EQ(last.read_status(), 101U) << "who waited is let in";
  RawClient next(server.port());
  next.send(request());
  EXPECT_EQ(next.read_status(), 101U);
  expect_echo(neighbour);
  EXPECT_GE(test::rejected(server.port(), "out_of_descriptors"), 1);
  EXPECT_TRUE(server.end());
}

// --- 44: rooms ---

class ManyRooms : public ws::ChatBase {
 public:
  // {"from": n, "count": n}: joins that many rooms. {"room": name}: joins one room, if that is
  // allowed.
  Json on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    if (!message.as_object().contains("count")) {
      const std::string room = text(message, "room");
      if (room.starts_with("private")) throw BadMessage("this room cannot be joined");
      return {{"in", ws::in_room(join_room(socket, room))}};
    }
    const auto first = message.at("from").as_int64();
    std::int64_t joined = 0;
    for (auto n = first; n < first + message.at("count").as_int64(); ++n)
      joined += ws::in_room(join_room(socket, "room number " + std::to_string(n))) ? 1 : 0;
    return {{"joined", joined}};
  }
};

class RoomFlood : public Overload {
 protected:
  // Scaled down from a million rooms. The limit per device is raised, so that fewer devices are
  // enough.
  static constexpr int kRooms = 20'000;
  static constexpr int kDevices = 20;

  ManyRooms& rooms = app.route<ManyRooms>("/rooms", auth);
  EchoChat& echo = app.route<EchoChat>("/ws", auth);

  // Fills the endpoint, and adds one more device.
  void fill() {
    std::vector<RawClient> crowd;
    for (int i = 0; i <= kDevices; ++i) {
      crowd.push_back(client("u" + std::to_string(i), "/rooms"));
      const int each = kRooms / kDevices;
      crowd.back().send_text(R"({"from":)" + std::to_string(i * each) + R"(,"count":)" +
                             std::to_string(each) + "}");
      EXPECT_EQ(crowd.back().read_text(),
                i < kDevices ? R"({"joined":)" + std::to_string(each) + "}" : R"({"joined":0})");
    }
    crowd.front().send_text(R"({"room":"one more"})");
    EXPECT_EQ(crowd.front().read_text(), R"({"in":false})");
  }
  bool is_empty() {
    return rooms.connection_count() == 0 && rooms.get_room_members("room number 1").empty();
  }
};

TEST_F(RoomFlood, S44_RoomsWithoutEndAreRefusedAndTheirMemoryIsGivenBack) {
  limits.rooms_max = kRooms;
  limits.rooms_per_connection_max = kRooms;
  start(1);
  RawClient neighbour = client("neighbour");
  fill();
  eventually([&] { return is_empty(); });
  const double before = test::metric(app.port(), "process_resident_memory_bytes");
  for (int i = 0; i < 3; ++i) {
    fill();
    eventually([&] { return is_empty(); });
  }
  EXPECT_EQ(test::metric(app.port(), "microframe_rooms{endpoint=\"/rooms\"}"), 0);
  // Sanitizers keep freed memory for a while.
  if (!kSanitized) {
    EXPECT_LT(test::metric(app.port(), "process_resident_memory_bytes"), before * 1.05);
  }
  EXPECT_GE(test::rejected(app.port(), "too_many_rooms"), 4);
  expect_echo(neighbour);
}

TEST_F(RoomFlood, S44_ANameOf64KiBAndAForbiddenRoomGetAReply) {
  start(1);
  RawClient neighbour = client("neighbour");
  RawClient made = client("alice", "/rooms");
  made.send_text(R"({"room":")" + std::string(64 * 1024, 'r') + R"("})");
  EXPECT_EQ(made.read_text(), R"({"in":false})");
  made.send_text(R"({"room":"private"})");
  EXPECT_EQ(made.read_text(), R"({"error":"bad_message","detail":"this room cannot be joined"})");
  made.send_text(R"({"room":"open"})");
  EXPECT_EQ(made.read_text(), R"({"in":true})");
  EXPECT_EQ(rooms.get_user_rooms("alice"), std::vector<std::string>{"open"});
  EXPECT_EQ(test::rejected(app.port(), "room_name"), 1);
  EXPECT_EQ(test::rejected(app.port(), "bad_message"), 1);
  expect_echo(neighbour);
}

// --- 47: a hook that blocks ---

// The hook blocks its loop until the test releases it; after a wait, if the test asks for one.
class Blocker : public ws::ChatBase {
 public:
  std::atomic<bool> let_go{false};
  Task<> on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    const bool waits_first = message.at("waits").as_bool();
    if (waits_first) co_await sleep_for(1ms);
    while (!let_go) std::this_thread::sleep_for(1ms);
    socket.send(message);
  }
};

class BlockingStore : public authx::AuthManager {
 public:
  std::atomic<bool> let_go{false};
  Task<std::optional<authx::User>> get_user_by_email(std::string) override {
    co_return std::nullopt;
  }
  Task<std::optional<authx::User>> get_user_by_id(std::string id) override {
    while (!let_go) std::this_thread::sleep_for(1ms);
    co_return authx::User(id, "");
  }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
};

class Blocked : public Overload {
 protected:
  LogCapture log;
  Blocked() { limits.hook_warning_time = 50ms; }

  void expect_named(const std::string& endpoint, const std::string& hook) {
    eventually([&] {
      return log.has("hook blocks its loop endpoint=" + endpoint + " hook=" + hook + " seconds=");
    });
  }
  void expect_ended(const std::string& endpoint, const std::string& hook) {
    eventually([&] {
      return log.has("hook no longer blocks its loop endpoint=" + endpoint + " hook=" + hook +
                     " seconds=");
    });
    EXPECT_EQ(test::metric(app.port(), "microframe_blocked_hooks_total"), 1);
  }
};

TEST_F(Blocked, S47_AHookThatBlocksItsLoopIsNamed) {
  for (const bool waits_first : {false, true}) {
    SCOPED_TRACE(waits_first);
    const LogCapture own_log;
    Application own;
    Blocker& blocker = own.route<Blocker>("/blocker", auth);
    own.limits(limits).threads(1).admin("public");
    own.start("127.0.0.1:0");
    RawClient made(own.port());
    made.send(upgrade_request("/blocker?token=" + token("alice")));
    EXPECT_EQ(made.read_status(), 101U);
    const std::string message = R"({"waits":)"s + (waits_first ? "true" : "false") + "}";
    made.send_text(message);
    const auto logged = [&](const std::string& event) {
      return own_log.has(event + " endpoint=/blocker hook=on_message seconds=");
    };
    eventually([&] { return logged("hook blocks its loop"); });
    EXPECT_FALSE(logged("hook no longer blocks its loop"));
    blocker.let_go = true;
    EXPECT_EQ(made.read_text(), message);
    eventually([&] { return logged("hook no longer blocks its loop"); });
    EXPECT_EQ(test::metric(own.port(), "microframe_blocked_hooks_total"), 1);
    own.stop();
  }
}

TEST_F(Blocked, S47_AUserStoreThatBlocksItsLoopIsNamed) {
  BlockingStore store;
  app.route<EchoChat>("/guarded", auth, store);
  start(1);
  RawClient made = raw();
  made.send(upgrade_request("/guarded?token=" + token("alice")));
  expect_named("/guarded", "AuthManager");
  store.let_go = true;
  EXPECT_EQ(made.read_status(), 101U);
  expect_ended("/guarded", "AuthManager");
}

// The hook waits, which blocks nothing.
class Waiter : public ws::ChatBase {
 public:
  Task<> on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    co_await sleep_for(400ms);
    socket.send(message);
  }
};

TEST_F(Blocked, S47_AHookThatWaitsIsNotNamed) {
  app.route<Waiter>("/waiter", auth);
  start(1);
  RawClient made = client("alice", "/waiter");
  made.send_text("{}");
  EXPECT_EQ(made.read_text(), "{}");
  EXPECT_FALSE(log.has("blocks its loop")) << log.text();
  EXPECT_EQ(test::metric(app.port(), "microframe_blocked_hooks_total"), 0);
}

// --- 48: memory ---

class Memory : public Overload {
 protected:
  // The memory of an idle server; the limit is this much higher.
  static std::size_t idle_bytes() {
    ChildServer probe("Child.DISABLED_Serve", {});
    const std::size_t bytes = probe.memory("VmRSS");
    EXPECT_TRUE(probe.end());
    return bytes;
  }
  static std::vector<std::string> environment(std::size_t limit) {
    return {"MICROFRAME_TEST_MEMORY=" + std::to_string(limit)};
  }
  // returns: nullopt if the server sheds the connection.
  static std::optional<RawClient> connect(const ChildServer& server) {
    RawClient made(server.port());
    made.send(request());
    const unsigned status = made.read_status();
    EXPECT_TRUE(status == 101 || status == 503) << status;
    return status == 101 ? std::optional(std::move(made)) : std::nullopt;
  }
  // Makes the server hold this many bytes, of a message whose last byte does not come.
  static void burden(RawClient& client, std::size_t bytes) {
    client.send(frame(0x02, std::string(bytes, 'x')) + frame(0x89, "ping"));
    EXPECT_EQ(client.read_frame().payload, "ping") << "all of it has been read";
  }
  static void expect_recovery(const ChildServer& server) {
    if (kSanitized) return;  // sanitizers keep freed memory
    eventually([&] { return connect(server).has_value(); });
  }
};

TEST_F(Memory, S48_ServerPastItsMemoryShedsNewConnectionsAndRecovers) {
  const std::size_t idle = idle_bytes();
  const std::size_t limit = idle + 96 * kMiB;
  ChildServer server("Child.DISABLED_Serve", environment(limit));
  RawClient neighbour = *connect(server);
  std::vector<RawClient> crowd;
  while (auto made = connect(server)) {
    ASSERT_LT(crowd.size(), 1'000U) << "nobody is shed";
    burden(*made, kMiB - 1);
    crowd.push_back(std::move(*made));
  }
  EXPECT_GE(crowd.size(), kSanitized ? 5U : 20U);
  expect_echo(neighbour);
  EXPECT_EQ(test::metric(server.port(), "microframe_memory_limit_bytes"),
            static_cast<double>(limit));
  EXPECT_GE(test::rejected(server.port(), "memory_full"), 1);
  crowd.front().send(frame(0x80, "x"));  // accepted connections continue
  EXPECT_EQ(crowd.front().read_frame().payload.size(), kMiB);
  // 256 MiB in all, as in the scenario, above what an idle process holds.
  EXPECT_LT(server.memory("VmHWM"), idle + 256 * kMiB);
  crowd.clear();
  expect_recovery(server);
  expect_echo(neighbour);
  EXPECT_TRUE(server.end());
}

// malloc keeps small freed pieces that lie between blocks which are still in use.
TEST_F(Memory, S48_MemoryOfSmallPiecesIsGivenBack) {
  const std::size_t limit = idle_bytes() + 24 * kMiB;
  ChildServer server("Child.DISABLED_Serve", environment(limit));
  std::vector<RawClient> crowd;
  std::vector<RawClient> stay;
  while (auto made = connect(server)) {
    ASSERT_LT(crowd.size(), 5'000U) << "nobody is shed";
    burden(*made, 20'000);
    crowd.push_back(std::move(*made));
    if (auto staying = connect(server)) stay.push_back(std::move(*staying));
  }
  crowd.clear();
  expect_recovery(server);
  expect_echo(stay.back());
  EXPECT_TRUE(server.end());
}

}  // namespace
}  // namespace microframe
