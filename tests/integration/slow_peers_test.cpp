// Peers that read slowly or not at all: the server closes them, drops messages by the rules of
// their rooms, or waits for them.

#include <atomic>
#include <chrono>
#include <vector>

#include "support/app_fixture.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;

// A Linux kernel takes much less than this for a peer that never reads, even with loopback's
// buffers.
constexpr std::size_t kMoreThanTheKernelTakes = 16 * 1024 * 1024;

class Ticker : public ws::ChatBase {
 public:
  std::atomic<int> disconnects{0};
  std::atomic<int> last_code{0};
  void on_connect(ws::WebSocket& socket, const ws::UserId&) {
    for (const char* room : {"cut", "oldest", "newest"}) join_room(socket, room);
  }
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    socket.send(message);
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
    last_code = reason.code;
    ++disconnects;
  }
};

class SlowPeers : public test::AppTest {
 protected:
  Ticker& ticker = app.route<Ticker>("/ws", auth);

  SlowPeers() {
    app.rooms("oldest", RoomOptions().when_slow(WhenSlow::drop_oldest));
    app.rooms("newest", RoomOptions().when_slow(WhenSlow::conflate));
  }
  RawClient member(std::string_view user) {
    const std::size_t before = ticker.connection_count();
    RawClient made = client(user);
    eventually([&] {
      return ticker.connection_count() == before + 1 &&
             ticker.get_room_members("cut").size() > before;
    });
    return made;
  }
  // Fills the kernel buffers of the stalled member, so that further messages wait.
  void fill(ws::ChatBase& chat, std::string_view user) {
    const std::string pad(64 * 1024, 'p');
    for (std::size_t sent = 0; sent < kMoreThanTheKernelTakes; sent += pad.size()) {
      if (!chat.send_to(user, ws::Message::text(pad))) return;
    }
  }
};

TEST_F(SlowPeers, S40_ASlowReaderInABusyRoomIsCutAtTheCapAndTheOthersAreUntouched) {
  limits.message_bytes_max = limits.outbox_bytes_max = 64 * 1024;
  start(1);
  RawClient slow = member("slow");
  RawClient healthy = member("healthy");
  const std::string text(32 * 1024, 'x');
  int sent = 0;
  while (ticker.disconnects == 0) {
    ASSERT_LT(++sent, 10'000);
    ticker.broadcast_to_room("cut", ws::Message::text(text));
    EXPECT_EQ(healthy.read_text(), text);
  }
  EXPECT_EQ(ticker.last_code, 4408);
  EXPECT_EQ(ticker.get_connected_users(), std::vector<ws::UserId>{"healthy"});
}

TEST_F(SlowPeers, AReaderThatTakesNothingForTheOutboxTimeIsCut) {
  limits.outbox_bytes_max = kMoreThanTheKernelTakes * 2;
  limits.outbox_time = 300ms;
  start(1);
  RawClient stalled = member("stalled");
  fill(ticker, "stalled");
  eventually([&] { return ticker.disconnects == 1; });
  EXPECT_EQ(ticker.last_code, 4408);
}

TEST_F(SlowPeers, ReaderThatTakesALittleStaysConnected) {
  limits.outbox_bytes_max = kMoreThanTheKernelTakes * 2;
  limits.outbox_time = 1000ms;
  start(1);
  RawClient slow = member("slow");
  fill(ticker, "slow");
  std::size_t frames = 0;
  const auto begun = std::chrono::steady_clock::now();
  for (; frames < 200 && std::chrono::steady_clock::now() - begun < 2500ms; ++frames) {
    ASSERT_EQ(slow.read_text().size(), 64U * 1024);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(ticker.disconnects, 0);
}

TEST_F(SlowPeers, DropOldestDeliversTheNewestMessages) {
  limits.message_bytes_max = limits.outbox_bytes_max = 256 * 1024;
  start(1);
  RawClient slow = member("slow");
  const std::string pad(8 * 1024, '.');
  constexpr int kLast = 4000;
  for (int i = 0; i <= kLast; ++i)
    ticker.broadcast_to_room("oldest", ws::Message::text(std::to_string(i) + pad));
  int previous = -1;
  int received = 0;
  while (previous < kLast) {
    const int number = std::stoi(slow.read_text());
    ASSERT_GT(number, previous);
    previous = number;
    ++received;
  }
  EXPECT_LT(received, kLast);
  EXPECT_EQ(ticker.disconnects, 0);
}

TEST_F(SlowPeers, ConflateDeliversTheNewestOfEachKey) {
  limits.outbox_bytes_max = 1024 * 1024;
  start(1);
  RawClient slow = member("slow");
  const std::string pad(8 * 1024, '.');
  constexpr int kLast = 4000;
  for (int i = 0; i <= kLast; ++i) {
    const std::string key = i % 2 ? "odd" : "even";
    ticker.broadcast_by_key("newest", ws::Key(key), ws::Message::text(std::to_string(i) + pad));
  }
  std::vector<int> last(2, -1);
  int received = 0;
  while (last[0] < kLast || last[1] < kLast - 1) {
    const int number = std::stoi(slow.read_text());
    int& before = last[static_cast<std::size_t>(number % 2)];
    ASSERT_GT(number, before);
    before = number;
    ++received;
  }
  EXPECT_LT(received, kLast);
  EXPECT_EQ(ticker.disconnects, 0);
}

// Each time the peer stalls again, and only the last of several pings in one such time must be
// answered.
TEST_F(SlowPeers, PingsOfASlowPeerAreAnswered) {
  limits.outbox_bytes_max = kMoreThanTheKernelTakes * 2;
  start(1);
  RawClient slow = member("slow");
  for (int period = 0; period < 3; ++period) {
    fill(ticker, "slow");
    const std::string name = std::to_string(period);
    slow.send(test::frame(0x89, "first " + name));
    slow.send(test::frame(0x89, "passed over " + name));
    slow.send(test::frame(0x89, "last " + name));
    slow.send_text("end " + name);
    std::vector<std::string> pongs;
    while (true) {
      const test::Received received = slow.read_frame();
      ASSERT_NE(received.first, 0U);
      if (received.first == 0x8A) pongs.push_back(received.payload);
      if (!pongs.empty() && pongs.back() == "last " + name) break;
    }
    EXPECT_LE(pongs.size(), 3U);
    eventually([&] { return ticker.connection_count() == 1; });
  }
}

// Sends more than any buffer holds, and waits for the reader each time.
class Downloads : public ws::ChatBase {
 public:
  static constexpr int kChunks = 400;
  std::atomic<int> sent{0};
  std::atomic<int> gave_up{0};
  Task<> on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message&) {
    const std::string chunk(64 * 1024, 'd');
    for (int i = 0; i < kChunks; ++i) {
      socket.send_text(chunk);
      ++sent;
      const bool open = co_await socket.drained();
      if (!open) {
        ++gave_up;
        co_return;
      }
    }
  }
};

TEST_F(SlowPeers, DrainedWaitsForTheReaderSoThatNothingPilesUp) {
  limits.message_bytes_max = limits.outbox_bytes_max = 128 * 1024;
  Downloads& downloads = app.route<Downloads>("/files", auth);
  start(1);
  RawClient reader = client("reader", "/files");
  reader.send_text("go");
  eventually([&] { return downloads.sent > 1; });
  std::this_thread::sleep_for(50ms);
  EXPECT_LT(downloads.sent, Downloads::kChunks);
  // Pings are answered meanwhile, ahead of the data.
  reader.send(test::frame(0x89, "still there?"));
  bool pong = false;
  for (int got = 0; got < Downloads::kChunks;) {
    const test::Received received = reader.read_frame();
    ASSERT_NE(received.first, 0U);
    if (received.first == 0x8A) pong = true;
    if (received.first == 0x81) ++got;
  }
  EXPECT_TRUE(pong);
  EXPECT_EQ(downloads.gave_up, 0);
}

TEST_F(SlowPeers, DrainedReturnsFalseWhenTheConnectionIsLost) {
  Downloads& downloads = app.route<Downloads>("/files", auth);
  start(1);
  RawClient reader = client("reader", "/files");
  reader.send_text("go");
  eventually([&] { return downloads.sent > 1; });
  reader.reset();
  eventually([&] { return downloads.gave_up == 1; });
}

TEST_F(SlowPeers, BufferedAndDrainedWorkFromAnotherThread) {
  limits.outbox_bytes_max = kMoreThanTheKernelTakes * 2;
  std::optional<ws::WebSocket> handle;
  std::atomic<bool> connected{false};
  app.websocket("/one", auth,
                ws::Callbacks()
                    .on_connect([&](ws::WebSocket& socket, const ws::UserId&) {
                      handle = socket;
                      connected = true;
                    })
                    .on_message([](ws::WebSocket&, const ws::UserId&, const ws::Message&) {}));
  start(1);
  RawClient reader = client("reader", "/one");
  eventually([&] { return connected.load(); });
  EXPECT_EQ(handle->buffered(), 0U);
  EXPECT_TRUE(sync_wait(handle->drained()));
  const std::string pad(64 * 1024, 'p');
  for (std::size_t sent = 0; sent < kMoreThanTheKernelTakes; sent += pad.size())
    handle->send_text(pad);
  eventually([&] { return handle->buffered() > 1024 * 1024; });
  for (std::size_t got = 0; got < kMoreThanTheKernelTakes; got += pad.size()) reader.read_text();
  EXPECT_TRUE(sync_wait(handle->drained()));
  EXPECT_EQ(handle->buffered(), 0U);
  reader.reset();
  eventually([&] { return !handle->is_open(); });
  EXPECT_FALSE(sync_wait(handle->drained()));
}

}  // namespace
}  // namespace microframe
