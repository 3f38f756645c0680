// The heartbeat: a silent peer is given up, and a live peer is left alone.

#include <atomic>
#include <chrono>
#include <optional>

#include "support/app_fixture.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::frame;
using test::RawClient;
using test::Received;

class Watched : public ws::ChatBase {
 public:
  std::atomic<int> messages{0};
  std::atomic<int> disconnects{0};
  std::atomic<int> timeouts{0};
  std::atomic<int> last_code{0};
  std::atomic<std::int64_t> rtt_us{0};
  Task<> on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    ++messages;
    rtt_us = socket.rtt().count();
    if (message.content() == "wait") co_await sleep_for(1000ms);
    socket.send(message);
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
    if (reason.cause == ws::DisconnectCause::timeout) ++timeouts;
    last_code = reason.code;
    ++disconnects;
  }
};

class Liveness : public test::AppTest {
 protected:
  Watched& watched = app.route<Watched>("/ws", auth);
  Liveness() {
    limits.ping_interval = 300ms;
    limits.pong_time = 300ms;
  }
  // Reads until a ping has come.
  static std::string read_ping(RawClient& client) {
    while (true) {
      const Received received = client.read_frame();
      if (received.first == 0x89) return received.payload;
      if (received.first == 0) throw std::runtime_error("no ping came, but the end");
    }
  }
};

TEST_F(Liveness, S41_AStoppedClientIsGoneByTheHeartbeat) {
  start(1);
  RawClient stopped = client("stopped");
  RawClient healthy = client("healthy");
  while (watched.disconnects == 0) {
    const std::string ping = read_ping(healthy);
    healthy.send(frame(0x8A, ping));
  }
  EXPECT_EQ(watched.timeouts, 1);
  EXPECT_EQ(watched.last_code, 1006);
  EXPECT_EQ(watched.get_connected_users(), std::vector<ws::UserId>{"healthy"});
  while (true) {  // what was sent before: one ping, then nothing
    const Received received = stopped.read_frame();
    if (received.first == 0) break;
    EXPECT_EQ(received.first, 0x89U);
  }
}

TEST_F(Liveness, OnlyAPongThatAnswersAPingIsMeasured) {
  start(1);
  RawClient made = client("alice");
  std::string ping = read_ping(made);
  EXPECT_EQ(ping.size(), 8U);
  made.send(frame(0x8A, std::string(8, '\1')));
  made.send_text("one");
  EXPECT_EQ(made.read_text(), "one");
  EXPECT_EQ(watched.rtt_us, 0);
  ping = read_ping(made);
  made.send(frame(0x8A, ping));
  made.send_text("two");
  EXPECT_EQ(made.read_text(), "two");
  EXPECT_GT(watched.rtt_us, 0);
}

TEST_F(Liveness, AnyByteCountsAsLife) {
  start(1);
  RawClient made = client("alice");
  // A message in single bytes, and no pong ever.
  const std::string slow = frame(0x81, std::string(40, 'x'));
  for (std::size_t i = 0; i < slow.size(); ++i) {
    ASSERT_TRUE(made.send(slow.substr(i, 1)));
    std::this_thread::sleep_for(40ms);
  }
  EXPECT_EQ(made.read_until("xxxx"), std::string(40, 'x'));
  EXPECT_EQ(watched.timeouts, 0);
}

// The peer's frames, including its pongs, lie unread in the kernel, because a hook is busy.
TEST_F(Liveness, UnreadPeerIsNotGivenUp) {
  limits.waiting_bytes_max = 0;
  start(1);
  RawClient made = client("alice");
  made.send_text("wait");
  eventually([&] { return watched.messages == 1; });
  made.send_text("behind");  // past the limit, reading stops
  EXPECT_EQ(made.read_until("behind"), "behind");
  EXPECT_EQ(watched.timeouts, 0);
}

TEST_F(Liveness, IntervalOfZeroPingsNobody) {
  limits.ping_interval = 0ms;
  start(1);
  RawClient made = client("alice");
  EXPECT_TRUE(made.silent());
  std::this_thread::sleep_for(700ms);
  EXPECT_TRUE(made.silent());
  EXPECT_EQ(watched.disconnects, 0);
}

}  // namespace
}  // namespace microframe
