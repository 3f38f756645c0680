// What one account may hold: half a message, sessions that wait, rooms that keep. Each is bounded,
// and leaves room for others. By the number of the fault that was found in use.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/deflating_peer.hpp"
#include "support/sanitized.hpp"
#include "support/scenario.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::DeflatingPeer;
using test::frame;
using test::RawClient;
using test::V1Client;

class Shares : public test::AppTest {
 protected:
  static constexpr std::size_t kMiB = 1024 * 1024;
  test::RoomChat& chat = app.route<test::RoomChat>("/ws", auth);
  test::LogCapture log;

  Shares() { app.rooms("*", RoomOptions().history(100, 5min)); }

  V1Client enter(std::string_view user, const V1Client* former = nullptr) const {
    return V1Client(std::make_unique<RawClient>(app.port()), token(user), former);
  }
};

TEST_F(Shares, A07_HalfAMessageHasADeadline) {
  constexpr int kPeers = 10;
  limits.message_time = 500ms;
  start(1);
  const std::string half = frame(0x41, test::deflated(std::string(kMiB - 100, 'a')));
  std::vector<DeflatingPeer> peers;
  for (int i = 0; i < kPeers; ++i) {
    peers.emplace_back(raw(), token("u" + std::to_string(i)));
    ASSERT_TRUE(peers.back().send(half));
  }
  for (DeflatingPeer& peer : peers) EXPECT_EQ(peer.stream().read_close(), 4408U);
  eventually([&] { return chat.disconnects == kPeers; });
  EXPECT_EQ(chat.messages, 0);
}

// Pings between the pieces, and a piece now and then, do not move the deadline.
TEST_F(Shares, A07_HalfAMessageHasItsDeadlineThoughPiecesCome) {
  limits.message_time = 500ms;
  start(1);
  RawClient alice = client("alice");
  ASSERT_TRUE(alice.send(frame(0x01, R"({"text":")")));
  const auto begun = std::chrono::steady_clock::now();
  while (chat.disconnects == 0 && std::chrono::steady_clock::now() < begun + 5s) {
    alice.send(frame(0x00, "piece") + frame(0x89, ""));
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(chat.last_code, 4408);
}

TEST_F(Shares, A07_SuspendedSessionsHoldNoMoreThanTheyMayTogether) {
  constexpr int kSessions = 48;
  limits.sessions_bytes_max = 8 * kMiB;
  start(1);
  std::vector<V1Client> gone;
  const std::size_t before = test::memory_held();
  for (int i = 0; i < kSessions; ++i) {
    const std::string user = "u" + std::to_string(i);
    gone.push_back(enter(user));
    chat.send_to(user, {{"text", std::string(900'000, static_cast<char>('a' + i % 26))}});
    gone.back().lose();
    eventually([&] { return chat.disconnects == i + 1; });
  }
  if (!test::kSanitized) {
    EXPECT_LT(test::memory_held(), before + 24 * kMiB);
  }
  EXPECT_TRUE(enter("u" + std::to_string(kSessions - 1), &gone.back()).resumed())
      << "who went last can still come back";
  EXPECT_FALSE(enter("u0", &gone.front()).resumed());
}

TEST_F(Shares, A07_KeptRoomsOfAFewAccountsLeaveRoomsToOthers) {
  constexpr int kAccounts = 7;
  constexpr int kRoomsEach = 150;
  limits.rooms_max = 1000;
  limits.rooms_per_user_max = 100;
  limits.messages_per_second = 0;
  start(1);
  int refused = 0;
  for (int account = 0; account < kAccounts; ++account) {
    V1Client greedy = enter("greedy" + std::to_string(account));
    for (int i = 0; i < kRoomsEach; ++i) {
      const std::string room = std::to_string(account) + ":" + std::to_string(i);
      if (text(greedy.join(room), "t") != "joined") {
        ++refused;
        continue;
      }
      greedy.ask({{"room", room}, {"text", "kept"}});
      greedy.send({{"t", "leave"}, {"id", greedy.sent() + 1}, {"room", room}});
      greedy.set_sent(greedy.sent() + 1);
      greedy.answer_to(greedy.sent());
    }
  }
  EXPECT_EQ(refused, kAccounts * (kRoomsEach - 100));
  EXPECT_EQ(text(enter("bob").join("bob's own"), "t"), "joined");
}

}  // namespace
}  // namespace microframe
