// How a loop is emptied when the server stops, and what everything on a loop works with.
#include "ws/loop_server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/ws/device_bench.hpp"

namespace microframe::ws {
namespace {

using namespace std::chrono_literals;
using test::patient_limits;
using test::RawClient;

class LoopServerTest : public test::DeviceBench {
 public:
  void drain() {
    site->on_loop([&] { site->server().drain([&] { site->journal.note("drained"); }); });
  }
  // So many devices, each of a user of its own.
  std::vector<RawClient> open_many(std::size_t count) {
    std::vector<RawClient> clients;
    for (std::size_t i = 0; i < count; ++i) clients.push_back(open("user " + std::to_string(i)));
    return clients;
  }
  std::size_t open_devices() { return site->endpoint().hub().connections(); }
};

TEST_F(LoopServerTest, DrainOfAnEmptyLoopIsDoneAtOnce) {
  serve();
  drain();
  EXPECT_TRUE(site->journal.wait_for("drained"));
}

TEST_F(LoopServerTest, DrainClosesDevicesWith1012AndWaitsForTheirCloses) {
  serve();
  RawClient client = open();
  drain();
  EXPECT_EQ(client.read_close(), 1012U);
  site->settle();
  EXPECT_FALSE(site->journal.has("drained"));
  client.send_close(1012);
  EXPECT_TRUE(site->journal.wait_for("drained"));
  EXPECT_EQ(site->journal.lines(),
            (Lines{"connect alice", "disconnect shutdown 1012 the server restarts", "drained"}));
}

TEST_F(LoopServerTest, DrainWaitsForHooksThatRun) {
  serve();
  RawClient client = open();
  client.send_text(R"({"do":"wait"})");
  ASSERT_TRUE(site->journal.wait_for("wait"));
  drain();
  EXPECT_EQ(client.read_close(), 1012U);
  client.send_close(1012);
  EXPECT_TRUE(client.at_end());
  site->settle();
  EXPECT_FALSE(site->journal.has("drained"));
  site->open_gate();
  EXPECT_TRUE(site->journal.wait_for("drained"));
}

TEST_F(LoopServerTest, DrainDropsRequestsThatWereNotAnswered) {
  serve();
  RawClient client = site->connect();
  client.send("GET /ws HT");
  drain();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(site->journal.wait_for("drained"));
}

// The last to come first, so many at a time that all have been told at three quarters of the time.
TEST_F(LoopServerTest, DrainClosesManyDevicesInBatches) {
  serve();
  const std::vector<RawClient> clients = open_many(120);
  EXPECT_EQ(open_devices(), 120U);
  drain();
  EXPECT_EQ(open_devices(), 70U);
  EXPECT_TRUE(site->journal.has("disconnect shutdown 1012 the server restarts"));
  site->pass(200ms);
  EXPECT_EQ(open_devices(), 20U);
  site->pass(200ms);
  EXPECT_EQ(open_devices(), 0U);
  EXPECT_EQ(site->count(Kind::device), 120U) << "the peers' Closes are waited for";
}

TEST_F(LoopServerTest, DrainTellsAllAtOnceWhereThereIsNoTime) {
  Limits limits = patient_limits();
  limits.drain_time = 100ms;
  serve(limits);
  const std::vector<RawClient> clients = open_many(120);
  drain();
  EXPECT_EQ(open_devices(), 0U);
  site->pass(300ms);
  EXPECT_TRUE(site->journal.wait_for("drained"));
}

TEST_F(LoopServerTest, DrainDropsWhoeverIsLeftWhenItsTimeIsOver) {
  Limits limits = patient_limits();
  limits.drain_time = 1min;
  serve(limits);
  RawClient client = open();
  drain();
  EXPECT_EQ(client.read_close(), 1012U);
  site->pass(2min);
  EXPECT_TRUE(site->journal.wait_for("drained"));
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(site->count(Kind::device), 0U);
}

TEST_F(LoopServerTest, DrainEndsSessionsThatAreOpenAndThoseThatWait) {
  serve();
  test::V1Client waiting = open_session();
  test::V1Client client = open_session();
  waiting.stream() = RawClient::adopt(-1);
  ASSERT_TRUE(site->journal.wait_for("disconnect connection_lost 1006 "));
  site->settle();
  drain();
  EXPECT_EQ(text(client.read(), "t"), "bye");
  EXPECT_EQ(client.stream().read_close(), 1012U);
  EXPECT_TRUE(site->journal.wait_for("expired alice"));
  EXPECT_EQ(site->site.registries.sessions.count(), 0U);
  client.stream().send_close(1012);
  EXPECT_TRUE(site->journal.wait_for("drained"));
  EXPECT_TRUE(site->journal.has("disconnect shutdown 1012 the server restarts"));
}

// --- LoopContext ---

TEST_F(LoopServerTest, ContextRunsTasksAtOnceOnItsLoopAndPostsThemElsewhere) {
  serve();
  LoopContext& context = site->context();
  const auto note = [&](const char* line) { return [&, line] { site->journal.note(line); }; };
  EXPECT_FALSE(context.is_current());
  context.run(note("posted"));
  EXPECT_TRUE(site->journal.wait_for("posted"));
  site->on_loop([&] {
    EXPECT_TRUE(context.is_current());
    context.run(note("at once"));
    EXPECT_EQ(site->journal.lines().back(), "at once");
    context.after(0ms, note("after"));
    context.post_behind(note("behind"));
    context.post(note("posted by the loop"));
    EXPECT_EQ(site->journal.lines().size(), 2U);
  });
  for (const char* line : {"after", "behind", "posted by the loop"})
    EXPECT_TRUE(site->journal.wait_for(line)) << line;
}

TEST_F(LoopServerTest, ContextReckonsDeadlinesFromTheLoopsClock) {
  serve();
  site->on_loop([&] {
    EXPECT_EQ(site->context().in_ms(0ms), site->loop.now_ms());
    EXPECT_EQ(site->context().in_ms(1500ms), site->loop.now_ms() + 1500);
    EXPECT_EQ(&site->context().limits(), &site->site.settings.limits);
  });
}

}  // namespace
}  // namespace microframe::ws
