// How a server ends: readiness fails first, connections are closed in batches, and a second
// signal ends the server at once.

#include <atomic>
#include <chrono>
#include <csignal>
#include <set>
#include <thread>
#include <vector>

#include "support/app_fixture.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;

class Quiet : public ws::ChatBase {
 public:
  std::atomic<int> disconnects{0};
  void on_message(ws::WebSocket&, const ws::UserId&, const ws::Message&) {}
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
    EXPECT_EQ(reason.cause, ws::DisconnectCause::shutdown);
    ++disconnects;
  }
};

class Drain : public test::AppTest {
 protected:
  Quiet& quiet = app.route<Quiet>("/ws", auth);
  unsigned ready_status() const {
    RawClient made = raw();
    made.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    return made.read_status();
  }
};

TEST_F(Drain, S58_ManyConnectionsAreClosedInBatchesAndEachHookRuns) {
  limits.drain_time = 2000ms;
  limits.connections_per_address_max = 0;
  start(1);
  std::vector<RawClient> crowd;
  for (int i = 0; i < 300; ++i) crowd.push_back(client("u" + std::to_string(i)));
  eventually([&] { return quiet.connection_count() == crowd.size(); });
  app.stop();
  // Batches show in the times at which some clients have received a Close and others have not.
  std::set<std::size_t> levels;
  while (quiet.disconnects < 300) {
    levels.insert(static_cast<std::size_t>(quiet.disconnects));
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_GT(levels.size(), 2U);
  for (RawClient& one : crowd) EXPECT_EQ(one.read_close(), 1012U);
  app.wait();
  EXPECT_EQ(quiet.disconnects, 300);
}

// Each batch comes later than its step, by up to a tick of the wheel. There is still time for all
// of them.
TEST_F(Drain, S58_EveryConnectionGetsACloseHoweverManyThereAre) {
  limits.drain_time = 2000ms;
  limits.connections_per_address_max = 0;
  start(1);
  std::vector<RawClient> crowd;
  for (int i = 0; i < 900; ++i) crowd.push_back(client("u" + std::to_string(i)));
  eventually([&] { return quiet.connection_count() == crowd.size(); });
  app.stop();
  app.wait();
  EXPECT_EQ(quiet.disconnects, 900);
  for (RawClient& one : crowd) ASSERT_EQ(one.read_close(), 1012U);
}

TEST_F(Drain, ReadinessFollowsTheServersLife) {
  start(1);
  EXPECT_EQ(ready_status(), 200U);
}

// run() with its signals, which belong to the process: only one such test may run at a time.
class Signalled : public Drain {
 protected:
  std::thread server;
  std::atomic<int> exit_code{-1};

  void run() {
    app.limits(limits).threads(1);
    server = std::thread([this] { exit_code = app.run("127.0.0.1:0"); });
    eventually([&] { return app.port() != 0; });
    eventually([&] {  // before the server watches for signals, a signal would end the tests
      struct sigaction now{};
      ::sigaction(SIGTERM, nullptr, &now);
      return now.sa_handler != SIG_DFL;
    });
  }
  void TearDown() override {
    app.stop();
    if (server.joinable()) server.join();
  }
};

TEST_F(Signalled, S58_ReadinessFailsFirstWhileEverythingStillWorks) {
  limits.drain_notice = 500ms;
  run();
  RawClient made = client("alice");
  ::kill(::getpid(), SIGTERM);
  eventually([&] { return ready_status() == 503; });
  EXPECT_TRUE(quiet.is_connected("alice"));
  RawClient late = client("bob");
  EXPECT_EQ(made.read_close(), 1012U);
  EXPECT_EQ(late.read_close(), 1012U);
  made.send_close(1012);
  late.send_close(1012);
  server.join();
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(quiet.disconnects, 2);
}

TEST_F(Signalled, S58_ASecondSignalEndsItAtOnce) {
  limits.drain_notice = 3600s;
  limits.drain_time = 3600s;
  limits.closing_time = 3600s;
  run();
  RawClient made = client("alice");  // never answers a Close
  eventually([&] { return quiet.is_connected("alice"); });
  ::kill(::getpid(), SIGTERM);
  eventually([&] { return ready_status() == 503; });
  ::kill(::getpid(), SIGTERM);
  server.join();
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(quiet.disconnects, 1);
}

}  // namespace
}  // namespace microframe
