// Work that one account makes: long messages in few bytes, and requests whose answers are long. By
// the numbers of the faults that were found in use; the neighbours are those of `./dev scenarios`.

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "support/app_fixture.hpp"
#include "support/compression.hpp"
#include "support/deflating_peer.hpp"
#include "support/sanitized.hpp"
#include "support/scenario.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::deflated_frame;
using test::DeflatingPeer;
using test::RawClient;

class WorkOfAPeer : public test::AppTest {
 protected:
  static constexpr std::size_t kMiB = 1024 * 1024;
  // The text of a message whose whole frame is just within the default limit.
  static constexpr std::size_t kLongText = kMiB - 200;

  test::RoomChat& chat = app.route<test::RoomChat>("/ws", auth);

  WorkOfAPeer() { app.rooms("*", RoomOptions().history(100, 5min, 8 * kMiB).presence()); }

  DeflatingPeer peer(std::string_view user, const std::string& parameters = {},
                     int window_bits = 15) const {
    return {raw(), token(user), parameters, window_bits};
  }
  // Joins one room after the other, and leaves in each so many of the longest messages.
  // between: called after each message.
  static void fill_rooms(DeflatingPeer& peer, int rooms, int messages,
                         const std::function<void()>& between = {}) {
    for (int i = 0; i < rooms; ++i) {
      const std::string room = "room " + std::to_string(i);
      ASSERT_TRUE(peer.send(peer.join_frame(room)));
      ASSERT_FALSE(peer.read_until("joined").closed);
      const std::string message = deflated_frame(DeflatingPeer::room_message(room, kLongText));
      for (int n = 0; n < messages; ++n) {
        ASSERT_TRUE(peer.send(message));
        ASSERT_FALSE(peer.read_until("message").closed);
        if (between) between();
      }
      ASSERT_TRUE(peer.send(peer.leave_frame(room)));
      ASSERT_FALSE(peer.read_until("left").closed);
    }
  }
  double inflated_bytes() const {
    return test::metric(app.port(),
                        R"(microframe_compressed_bytes_total{direction="received",form="plain"})");
  }
};

TEST_F(WorkOfAPeer, A01_MessagesThatRoomsKeepTakeNoMoreMemoryThanTheyMay) {
  limits.history_bytes_max = 16 * kMiB;
  limits.bytes_per_second = 64.0 * kMiB;
  limits.messages_per_second = 0;
  start(1);
  DeflatingPeer alice = peer("alice");
  const std::size_t before = test::memory_held();
  fill_rooms(alice, 40, 5);
  if (!test::kSanitized) {
    EXPECT_LT(test::memory_held(), before + 2 * limits.history_bytes_max);
  }
  alice.send(alice.join_frame("room 39", 100));
  EXPECT_FALSE(alice.read_until("message").closed) << "the newest is kept";
}

TEST_F(WorkOfAPeer, A02_JoinsThatAskForLongMessagesDeflateNothingAnew) {
  constexpr int kKept = 100;
  constexpr int kJoins = 40;
  limits.bytes_per_second = 32.0 * kMiB;
  start(1);
  DeflatingPeer narrow = peer("alice", "; server_max_window_bits=9", 9);
  narrow.send(narrow.join_frame("long"));
  narrow.read_until("joined");
  for (int i = 0; i < kKept; ++i)
    chat.broadcast_to_room("long", {{"text", std::string(10'000, 'a')}});
  for (int i = 0; i < kKept; ++i) ASSERT_FALSE(narrow.read_until("message").compressed);
  for (int i = 0; i < kJoins; ++i) {
    ASSERT_TRUE(narrow.send(narrow.join_frame("long", kKept)));
    ASSERT_FALSE(narrow.read_until("joined").closed);
    for (int n = 0; n < kKept; ++n) {
      const DeflatingPeer::Heard message = narrow.read_until("message");
      ASSERT_FALSE(message.closed) << "join " << i;
      ASSERT_FALSE(message.compressed) << "join " << i;
    }
  }
}

TEST_F(WorkOfAPeer, A03_ABurstOfInflatedMessagesIsReadNoFasterThanItsPeerMay) {
  constexpr int kFrames = 190;
  limits.bytes_burst = 8.0 * kMiB;
  start(1);
  DeflatingPeer alice = peer("alice");
  const std::string one = deflated_frame(DeflatingPeer::room_message("", kLongText));
  ASSERT_LT(one.size(), 1200U);
  std::string burst;
  for (int i = 0; i < kFrames; ++i) burst += one;
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(alice.send(burst));
  std::this_thread::sleep_for(2s);
  const int handled = chat.messages;
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begun;
  // What was paid off by idle time before counts once more at the first look.
  const double allowed = 2 * limits.bytes_burst + limits.bytes_per_second * since.count();
  EXPECT_GE(handled, static_cast<int>(limits.bytes_burst / kMiB));
  EXPECT_LE(handled, static_cast<int>(allowed / kMiB) + 2);
  EXPECT_EQ(chat.disconnects, 0) << "it waits, and that is all";
}

TEST_F(WorkOfAPeer, A04_MessagesBehindOurCloseAreNotInflated) {
  limits.closing_time = 1s;
  start(1);
  DeflatingPeer alice = peer("alice");
  const std::string one = deflated_frame(DeflatingPeer::room_message("", kLongText));
  std::string bombs;
  for (int i = 0; i < 3000; ++i) bombs += one;
  alice.send(test::frame(0x81, R"({"t":"message","data":{"close":true}})") + one);
  alice.send(bombs);  // as many as are taken until the end
  eventually([&] { return chat.disconnects == 1; });
  EXPECT_EQ(chat.last_code, 4429);
  EXPECT_TRUE(alice.stream().at_end());
  EXPECT_EQ(chat.messages, 1);
  EXPECT_EQ(inflated_bytes(), 0);
}

TEST_F(WorkOfAPeer, A09_KeptMessagesGoBeforeNewcomersAreRefused) {
  if (test::kSanitized) GTEST_SKIP() << "the sanitizers keep freed memory";
  limits.history_bytes_max = 1024 * kMiB;
  limits.bytes_per_second = 0;
  limits.messages_per_second = 0;
  limits.memory_bytes_max = test::memory("VmRSS") + 128 * kMiB;
  start(1);
  DeflatingPeer alice = peer("alice");
  int newcomers = 0;
  fill_rooms(alice, 250, 1, [&] {
    std::this_thread::sleep_for(8ms);
    const std::string user = "newcomer" + std::to_string(newcomers++);
    RawClient made = raw();
    made.send(test::upgrade_request("/ws?token=" + token(user)));
    EXPECT_EQ(made.read_status(), 101U) << user;
  });
  EXPECT_EQ(test::rejected(app.port(), "memory_full"), 0);
  alice.send(alice.join_frame("room 249", 100));
  EXPECT_FALSE(alice.read_until("message").closed) << "the newest is kept";
}

}  // namespace
}  // namespace microframe
