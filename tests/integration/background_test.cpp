// What an application does beside its hooks: at its start, every so often, in tasks, before its end; and
// from threads and main loops of its own.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/served.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;

// {"after": ms} has a task send what came, that much later, if the connection lives or not.
class Board : public ws::ChatBase {
 public:
  explicit Board(Application& app) : app_(app) {}
  std::atomic<int> begun{0};
  std::atomic<int> disconnects{0};
  void on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    app_.spawn([this, message]() -> Task<> {
      ++begun;
      co_await sleep_for(std::chrono::milliseconds(message.at("after").as_int64()));
      broadcast(message);
    });
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&) { ++disconnects; }

 private:
  Application& app_;
};

class Background : public test::AppTest {
 protected:
  Board& board = app.route<Board>("/ws", auth, app);
};

TEST_F(Background, OnStartIsCalledOnceTheApplicationServes) {
  std::atomic<bool> started{false};
  app.on_start([&]() -> Task<> {
    board.broadcast({{"to", "nobody yet"}});  // before run() this would throw
    co_await sleep_for(1ms);
    EXPECT_EQ(board.connection_count(), 0U);
    started = true;
  });
  start();
  eventually([&] { return started.load(); });
}

TEST_F(Background, EverySendsToThoseWhoAreThere) {
  std::atomic<int> number{0};
  app.every(5ms, [&] { board.broadcast({{"n", ++number}}); });
  start();
  RawClient alice = client("alice");
  EXPECT_EQ(alice.read_text().substr(0, 5), R"({"n":)");
  EXPECT_EQ(alice.read_text().substr(0, 5), R"({"n":)");
  EXPECT_THROW(app.every(0ms, [] {}), ConfigError);
}

TEST_F(Background, ATaskOutlivesTheConnectionThatHasAskedForIt) {
  start();
  RawClient bob = client("bob");
  {
    RawClient alice = client("alice");
    alice.send_text(R"({"after":20})");
    eventually([&] { return board.begun == 1; });
  }
  EXPECT_EQ(bob.read_text(), R"({"after":20})");
}

TEST_F(Background, OnStopRunsBeforeAnyConnectionIsClosed) {
  app.on_stop([&]() -> Task<> {
    EXPECT_EQ(board.disconnects, 0);
    board.broadcast({{"closing", "soon"}});
    co_await sleep_for(20ms);
    board.broadcast({{"closing", "now"}});
  });
  start();
  RawClient alice = client("alice");
  RawClient bob = client("bob");
  eventually([&] { return board.connection_count() == 2; });
  app.stop();
  for (RawClient* one : {&alice, &bob}) {
    EXPECT_EQ(one->read_text(), R"({"closing":"soon"})");
    EXPECT_EQ(one->read_text(), R"({"closing":"now"})");
    EXPECT_EQ(one->read_close(), 1012U);
    one->send_close();
  }
  app.wait();
  EXPECT_EQ(board.disconnects, 2);
}

TEST_F(Background, AnOnStopThatNeverEndsIsDestroyedAfterTheDrainTime) {
  limits.drain_time = 300ms;
  const auto held = std::make_shared<int>(0);
  app.on_stop([held]() -> Task<> {
    const auto mine = held;
    while (true) co_await sleep_for(1h);
  });
  start();
  const auto begun = std::chrono::steady_clock::now();
  app.stop();
  app.wait();
  expect_ended_at(300ms, begun);
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(Background, ASecondSignalWaitsForNoOnStop) {
  std::atomic<bool> began{false};
  limits.drain_notice = 0ms;
  limits.drain_time = 1h;
  app.on_stop([&]() -> Task<> {
    began = true;
    while (true) co_await sleep_for(1h);
  });
  app.limits(limits).threads(2);
  std::thread serving([&] { EXPECT_EQ(app.run("127.0.0.1:0"), 0); });
  eventually([&] {  // before the server watches for signals, a signal would end the tests
    struct sigaction now{};
    ::sigaction(SIGTERM, nullptr, &now);
    return now.sa_handler != SIG_DFL;
  });
  RawClient alice = client("alice");
  ::kill(::getpid(), SIGTERM);
  eventually([&] { return began.load(); });
  EXPECT_TRUE(alice.silent()) << "nobody is closed while on_stop runs";
  ::kill(::getpid(), SIGTERM);
  serving.join();
}

// Counts the tasks that live.
class Living {
 public:
  explicit Living(std::atomic<int>& count) : count_(&count) { ++*count_; }
  Living(const Living&) = delete;
  Living& operator=(const Living&) = delete;
  ~Living() { --*count_; }

 private:
  std::atomic<int>* count_;
};

TEST_F(Background, TasksThatStillWaitAreDestroyedAtTheEnd) {
  std::atomic<int> living{0};
  const auto for_ever = [&]() -> Task<> {
    const Living one(living);
    while (true) co_await sleep_for(1ms);
  };
  app.spawn(for_ever);
  app.every(1ms, for_ever);
  app.on_start(for_ever);
  start();
  app.spawn(for_ever);
  eventually([&] { return living == 4; });
  app.stop();
  app.wait();
  EXPECT_EQ(living, 0);
  app.spawn(for_ever);
  EXPECT_EQ(living, 0) << "after the stop nothing is run";
}

TEST_F(Background, ACallbackThatBlocksIsNamed) {
  limits.hook_warning_time = 20ms;
  test::LogCapture log;
  std::atomic<int> calls{0};
  app.every(1ms, [&] {
    if (++calls == 1) std::this_thread::sleep_for(100ms);
  });
  start(1);
  eventually([&] { return log.has("hook blocks its loop"); });
  EXPECT_TRUE(log.has("endpoint=application hook=every")) << log.text();
  eventually([&] { return calls > 1; });
  app.stop();
  app.wait();
}

// --- threads of one's own

class Public : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) { join_room(socket, "all"); }
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
};

// Whatever a thread may ask of an endpoint. `number` is told in each message.
void ask_everything(Public& chat, const std::string& me, int number) {
  const Json told{{"by", me}, {"n", number}};
  chat.broadcast(told);
  chat.send_to("alice", told);
  chat.send_to_many({"alice", "bob"}, told);
  chat.broadcast_to_room("all", told, {"nobody"});
  chat.broadcast_by_key("all", ws::Key(me), told);
  chat.join_room("alice", me);
  (void)chat.get_room_members("all");
  (void)chat.get_connected_users();
  (void)chat.get_user_rooms("alice");
  (void)chat.is_in_room("alice", me);
  (void)chat.room_size("all");
  (void)chat.rooms();
  (void)chat.history("all");
  (void)chat.connection_count();
  chat.leave_room("alice", me);
}

class OwnThreads : public test::AppTest {
 protected:
  Public& chat = app.route<Public>("/ws", auth);
};

TEST_F(OwnThreads, SpeakThroughTheEndpointWhileItServes) {
  limits.messages_per_second = 0;
  start(2);
  RawClient alice = client("alice");
  eventually([&] { return chat.room_size("all") == 1; });
  constexpr int kRounds = 50;
  constexpr int kMessages = 5;  // of each round
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      for (int n = 0; n < kRounds; ++n) ask_everything(chat, "t" + std::to_string(t), n);
    });
  // What one thread sends comes in the order in which it was sent.
  std::vector<int> heard(4, 0);
  for (int i = 0; i < 4 * kRounds * kMessages; ++i) {
    const std::string message = alice.read_text();
    const auto by = static_cast<std::size_t>(message.at(std::string(R"({"by":"t)").size()) - '0');
    ASSERT_LT(by, 4U) << message;
    const std::string n = R"("n":)" + std::to_string(heard[by]++ / kMessages) + "}";
    EXPECT_NE(message.find(n), std::string::npos) << message << " and not " << n;
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(OwnThreads, MaySpeakUntilAfterTheEnd) {
  start(2);
  RawClient alice = client("alice");
  std::atomic<bool> over{false};
  std::atomic<int> rounds{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      while (!over) {
        ask_everything(chat, "t" + std::to_string(t), 0);
        ++rounds;
      }
    });
  eventually([&] { return rounds > 100; });
  app.stop();
  app.wait();
  const int then = rounds;
  eventually([&] { return rounds > then + 100; });
  over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(chat.send_to("alice", {{"too", "late"}}));
  EXPECT_FALSE(chat.broadcast_to_room("all", {{"too", "late"}}));
  EXPECT_TRUE(chat.get_connected_users().empty());
}

TEST_F(OwnThreads, MayStopTheApplicationFromAnywhere) {
  for (const bool by_callback : {true, false}) {
    Application one;
    one.route<Public>("/ws", auth);
    std::atomic<bool> started{false};
    one.on_start([&] {
      started = true;
      if (by_callback) one.stop();
    });
    one.threads(2).start("127.0.0.1:0");
    eventually([&] { return started.load(); });
    if (!by_callback) std::thread([&] { one.stop(); }).join();
    one.wait();
  }
}

}  // namespace
}  // namespace microframe
