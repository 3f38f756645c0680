// What peers will do to hooks, and hooks to the server: scenarios 46 and 47, on real sockets,
// beside a healthy neighbour that must not be disturbed. Hooks that block: overload_test.cpp.

#include <atomic>
#include <chrono>
#include <stdexcept>

#include "support/scenario.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::frame;
using test::RawClient;
using test::Scenario;

TEST_F(Scenario, S46_BadJsonGetsAnErrorReply) {
  test::RefreshChat& json = app.route<test::RefreshChat>("/json", auth);
  begin();
  expect_rejected("bad_message", 6);
  RawClient made = client("alice", "/json");
  for (const std::string& bad : {"{"s, std::string(1000, '['), "{\"token\":1}"s, "[]"s, "null"s}) {
    made.send_text(bad);
    EXPECT_EQ(made.read_text().substr(0, 9), R"({"error":)") << bad;
  }
  made.send(frame(0x82, "{}"));
  EXPECT_EQ(made.read_text().substr(0, 31), R"({"error":"binary_not_supported")");
  EXPECT_EQ(json.connection_count(), 1U);
}

class Thrower : public ws::ChatBase {
 public:
  std::atomic<int> disconnects{0};
  Task<> on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    const bool later = message.at("later").as_bool();
    if (later) co_await sleep_for(1ms);
    throw std::runtime_error("the hook's own");
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
    EXPECT_EQ(reason.cause, ws::DisconnectCause::hook_failed);
    ++disconnects;
  }
};

TEST_F(Scenario, S47_AHookThatThrowsClosesWith1011) {
  Thrower& thrower = app.route<Thrower>("/thrower", auth);
  begin();
  expect_rejected("hook_failed", 2);
  for (const char* later : {"false", "true"}) {
    RawClient made = client("alice", "/thrower");
    made.send_text(R"({"later":)"s + later + "}");
    EXPECT_EQ(made.read_close(), 1011U);
  }
  eventually([&] { return thrower.disconnects == 2 && thrower.connection_count() == 0; });
}

TEST_F(Scenario, S47_HooksOfOneConnectionRunOneAtATimeAndPingsAreAnsweredMeanwhile) {
  app.route<test::SlowChat>("/slow", auth);
  begin();
  RawClient made = client("alice", "/slow");
  made.send_text(R"({"wait":300,"n":1})");
  made.send_text(R"({"wait":1,"n":2})");
  made.send(frame(0x89, "ping"));
  EXPECT_EQ(made.read_frame().payload, "ping");
  EXPECT_EQ(made.read_text(), R"({"wait":300,"n":1})");
  EXPECT_EQ(made.read_text(), R"({"wait":1,"n":2})");
}

TEST_F(Scenario, S47_ReadingStopsWhileAHookIsBehind) {
  test::SlowChat& slow = app.route<test::SlowChat>("/slow", auth);
  limits.waiting_bytes_max = 1000;
  limits.messages_per_second = 0;
  begin();
  RawClient made = client("alice", "/slow");
  made.send_text(R"({"wait":100})");
  const std::string filler = R"({"wait":0,"pad":")" + std::string(500, 'x') + R"("})";
  for (int i = 0; i < 100; ++i) made.send_text(filler);
  for (int i = 0; i < 101; ++i) made.read_text();
  EXPECT_EQ(slow.ended, 101);
}

TEST_F(Scenario, StopClosesEveryConnectionWith1012AndRunsItsHooks) {
  begin(2);
  std::vector<RawClient> crowd;
  for (int i = 0; i < 10; ++i) crowd.push_back(client("u" + std::to_string(i)));
  eventually([&] { return echo.connection_count() == 11; });
  app.stop();
  for (RawClient& one : crowd) {
    EXPECT_EQ(one.read_close(), 1012U);
    one.send_close(1012);
    EXPECT_TRUE(one.at_end());
  }
  EXPECT_EQ(neighbour->read_close(), 1012U);
  neighbour.reset();
  app.wait();
  EXPECT_EQ(echo.disconnects, 11);
}

TEST_F(Scenario, StopDoesNotWaitForeverForAHook) {
  test::SlowChat& slow = app.route<test::SlowChat>("/slow", auth);
  limits.drain_time = 200ms;
  begin();
  RawClient made = client("alice", "/slow");
  made.send_text(R"({"wait":3600000})");
  eventually([&] { return slow.began == 1; });
  neighbour.reset();
  app.stop();
  app.wait();
  EXPECT_EQ(slow.ended, 0);
}

}  // namespace
}  // namespace microframe
