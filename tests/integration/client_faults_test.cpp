// microframe::Client: what broke it when others used it. The numbers are those of the list of faults.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "microframe/client.hpp"
#include "support/app_fixture.hpp"
#include "support/bytes.hpp"
#include "support/certificates.hpp"
#include "support/chats.hpp"
#include "support/client_log.hpp"
#include "support/scripted_server.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::ClientLog;
using test::EchoChat;
using test::ScriptedServer;

// Puts everybody into one room that keeps its messages.
class Hall : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) { join_room(socket, "everyone"); }
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string&) { return true; }
  void on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    broadcast_to_room("everyone", message);
  }
};

class ClientFaults : public test::AppTest {
 protected:
  EchoChat& echo = app.route<EchoChat>("/ws", auth);
  Hall& hall = app.route<Hall>("/hall", auth);
  ClientLog log;

  std::string url(const std::string& path = "/ws", const std::string& scheme = "ws") const {
    return scheme + "://127.0.0.1:" + std::to_string(app.port()) + path;
  }
  ClientOptions as(const std::string& user) const {
    ClientOptions options;
    options.backoff_first = 20ms;
    options.token = [token = token(user)] { return token; };
    return options;
  }
  static ClientOptions plain() {
    ClientOptions options;
    options.backoff_first = 20ms;
    options.plain = true;
    return options;
  }
  static std::string code_of(Reply& reply) {
    try {
      reply.get();
      return "done";
    } catch (const ClientError& error) {
      return error.code();
    }
  }
};

// What a token function waits for until the test opens it; shared, because the function may outlive
// the test.
class Latch {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for_waiting(int count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 10s, [&] { return waiting_ >= count; }));
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

// --- 34 ---

TEST_F(ClientFaults, E34_DestructorDoesNotWaitForATokenThatHangs) {
  const auto latch = std::make_shared<Latch>();
  const auto begun = std::chrono::steady_clock::now();
  {
    ClientOptions options;
    options.token = [latch] {
      latch->wait();
      return std::string("late");
    };
    Client client("ws://127.0.0.1:1/", options);
    client.connect();
    latch->wait_for_waiting(1);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  latch->open();
}

TEST_F(ClientFaults, E34_TokensThatHangStarveNoOtherClient) {
  start(1);
  const auto latch = std::make_shared<Latch>();
  ClientOptions hanging = as("alice");
  hanging.token = [latch] {
    latch->wait();
    return std::string("late");
  };
  const ClientLoop loop;
  std::vector<std::unique_ptr<Client>> stuck;
  for (int i = 0; i < 12; ++i) {
    stuck.push_back(std::make_unique<Client>(loop, url(), hanging));
    stuck.back()->connect();
  }
  latch->wait_for_waiting(12);
  Client client(loop, url(), as("bob"));
  log.watch(client);
  client.connect();
  log.wait_for("open new");
  stuck.clear();
  latch->open();
}

TEST_F(ClientFaults, E34_HandlerThatSaysNoUtf8KeepsItsConnection) {
  ScriptedServer server;
  Client client(server.url(), ClientOptions());
  client.on_message([](const Json& data) -> Json {
    if (data == 1) return Json("\xFF\xFE");
    if (data == 2) throw std::runtime_error("\xE9");
    if (data == 3) return std::numeric_limits<double>::quiet_NaN();
    return data;
  });
  client.connect();
  auto peer = server.accept();
  peer.welcome();
  for (int data = 1; data <= 4; ++data)
    peer.say(R"({"t":"message","id":)" + std::to_string(data) + R"(,"data":)" +
             std::to_string(data) + "}");
  for (int data = 1; data <= 3; ++data) {
    const std::string begin = R"({"t":"error","id":)" + std::to_string(data);
    EXPECT_EQ(peer.hear().substr(0, begin.size()), begin);
  }
  EXPECT_EQ(peer.hear(), R"({"t":"ack","id":4,"data":4})");
}

// The process of the next test.
std::unique_ptr<Client> global_client;  // destroyed after what was registered in main()

TEST(ClientAtExit, DISABLED_Connected) {
  const char* url = std::getenv("MICROFRAME_TEST_URL");
  const char* form = std::getenv("MICROFRAME_TEST_FORM");
  ASSERT_TRUE(url && form);
  ClientOptions options;
  options.token = [] { return std::string(std::getenv("MICROFRAME_TEST_TOKEN")); };
  options.insecure = true;
  Client* client = nullptr;
  if (form == std::string_view("static")) {
    static Client local(url, options);
    client = &local;
  } else {
    global_client = std::make_unique<Client>(url, options);
    client = global_client.get();
  }
  client->connect();
  Reply reply = client->send({{"n", 1}});
  EXPECT_TRUE(reply.get().is_null());
}

// returns: whether a process that ends while its client is connected ends well.
bool ends_well(const std::string& url, const std::string& form, const std::string& token) {
  const std::string variables[] = {"MICROFRAME_TEST_URL=" + url, "MICROFRAME_TEST_FORM=" + form,
                                   "MICROFRAME_TEST_TOKEN=" + token};
  const pid_t child = ::fork();
  if (child == 0) {
    for (const std::string& variable : variables) ::putenv(::strdup(variable.c_str()));
    ::execl("/proc/self/exe", "child", "--gtest_filter=ClientAtExit.DISABLED_Connected",
            "--gtest_also_run_disabled_tests", nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(ClientFaults, E34_ProcessEndsWellWhileItsClientIsConnected) {
  start(1);
  for (const char* form : {"static", "global"})
    EXPECT_TRUE(ends_well(url(), form, token("alice"))) << form;
  eventually([&] { return echo.disconnects == 2; });
}

TEST_F(ClientFaults, E34_ProcessEndsWellWhileItsClientIsConnectedByTls) {
  const test::Certificate certificate;
  const test::TemporaryFile file(certificate.pem());
  const test::TemporaryFile key(certificate.key_pem());
  app.tls(TlsOptions(file.path(), key.path()));
  start(1);
  for (const char* form : {"static", "global"})
    EXPECT_TRUE(ends_well(url("/ws", "wss"), form, token("alice"))) << form;
}

// --- 35 ---

TEST_F(ClientFaults, E35_MessageMayHaveAsManyFragmentsAsBytes) {
  ScriptedServer server;
  Client client(server.url(), plain());
  log.watch(client);
  client.connect();
  auto peer = server.accept();
  peer.upgrade({});
  const auto piece = [](unsigned char first, std::string_view bytes) {
    return test::frame(first, bytes, test::Length::minimal, false);
  };
  std::string bytes = piece(0x01, "1");
  for (int i = 0; i < 50'000; ++i) bytes += piece(0x00, "");
  peer.answer(bytes + piece(0x80, "2"));
  log.wait_for("message 12");

  ClientOptions options = plain();
  options.fragments_max = 3;
  Client strict(server.url(), options);
  strict.connect();
  auto other = server.accept();
  other.upgrade({});
  other.answer(piece(0x01, "1") + piece(0x00, "") + piece(0x00, "") + piece(0x80, "2"));
  EXPECT_EQ(other.hear().substr(0, 2), "\x03\xF0");
}

TEST_F(ClientFaults, E35_HandlersEchoLeavesBeforeTheCloseThatABadFrameBrings) {
  ScriptedServer server;
  Client client(server.url(), plain());
  client.on_text([&](const std::string& text) { client.send_text(text); });
  client.connect();
  auto peer = server.accept();
  peer.upgrade({});
  peer.answer(test::frame(0x81, "good", test::Length::minimal, false) + "\x83\x01x");
  EXPECT_EQ(peer.hear(), "good");
  EXPECT_EQ(peer.hear().substr(0, 2), "\x03\xEA");
}

// --- 36 ---

TEST_F(ClientFaults, E36_ServerThatDoesNotReadIsNotSentMoreThanTheQueueHolds) {
  ScriptedServer server;
  ClientOptions options = plain();
  options.queue_bytes_max = 4 * 1024 * 1024;
  Client client(server.url(), options);
  log.watch(client);
  client.connect();
  auto peer = server.accept();
  peer.upgrade({});
  log.wait_for("open");
  std::vector<Reply> replies;
  for (int i = 0; i < 100; ++i) replies.push_back(client.send_text(std::string(500'000, 'x')));
  EXPECT_EQ(code_of(replies.back()), "queue_full");
  client.close();
  int done = 0;
  int refused = 0;
  for (Reply& reply : replies) {
    const std::string code = code_of(reply);
    done += code == "done" ? 1 : 0;
    refused += code == "queue_full" ? 1 : 0;
  }
  EXPECT_LT(done, 20) << "the kernel takes a few megabytes";
  EXPECT_GT(refused, 70);
}

TEST_F(ClientFaults, E36_MessageBetweenTheServersCloseAndTheEndGoesByTheNextConnection) {
  ScriptedServer server;
  Client client(server.url(), plain());
  log.watch(client);
  client.connect();
  std::unique_ptr<Reply> reply;
  {
    auto peer = server.accept();
    peer.upgrade({});
    log.wait_for("open");
    peer.say_close(1012);
    EXPECT_EQ(peer.hear().size(), 2U) << "our Close";
    reply = std::make_unique<Reply>(client.send_text("late"));
    std::this_thread::sleep_for(50ms);
  }
  auto next = server.accept();
  next.upgrade({});
  EXPECT_EQ(next.hear(), "late");
  EXPECT_EQ(code_of(*reply), "done");
}

// --- 26 ---

TEST_F(ClientFaults, E26_MessageThatIsTooLongForTheServerFailsAlone) {
  limits.message_bytes_max = 1'000;
  start(1);
  Client client(url(), as("alice"));
  log.watch(client);
  client.connect();
  log.wait_for("open new");
  Reply before = client.send({{"n", 1}});
  Reply culprit = client.send_text(std::string(2'000, 'x'));
  Reply behind = client.send({{"n", 2}});
  EXPECT_EQ(code_of(before), "done");
  EXPECT_EQ(code_of(culprit), "too_long");
  EXPECT_EQ(code_of(behind), "done");
  EXPECT_EQ(log.lines("closed").size(), 0U);
}

// --- 22 ---

TEST_F(ClientFaults, E22_LatestMessagesOfARoomThatTheServerChoosesTooAreShown) {
  app.rooms("everyone", RoomOptions().history(100, 5min));
  start(1);
  Client speaker(url("/hall"), as("alice"));
  speaker.connect();
  for (int i = 1; i <= 7; ++i) {
    Reply said = speaker.send({{"n", i}});
    EXPECT_EQ(code_of(said), "done");
  }
  Client fresh(url("/hall"), as("bob"));
  log.watch(fresh);
  fresh.connect();
  fresh.join("everyone", JoinOptions().last(20));
  for (int i = 1; i <= 7; ++i)
    log.wait_for("message everyone " + std::to_string(i) + R"( {"n":)" + std::to_string(i));
  Reply said = speaker.send({{"n", 8}});
  log.wait_for("message everyone 8");
  EXPECT_EQ(log.lines("message everyone").size(), 8U);
}

// --- 11 ---

TEST_F(ClientFaults, E11_PostsDoNotEndTheClient) {
  start(1);
  Client client(url(), as("alice"));
  log.watch(client);
  client.connect();
  log.wait_for("open new");
  for (int i = 0; i < 2'000; ++i) client.post({{"typing", true}});
  Reply reply = client.send({{"n", 1}});
  EXPECT_EQ(code_of(reply), "done");
  EXPECT_EQ(log.lines("reconnecting").size() + log.lines("closed").size(), 0U);
  EXPECT_GE(echo.messages, 100);
}

}  // namespace
}  // namespace microframe
