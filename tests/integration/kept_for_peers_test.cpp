// What is kept for peers that do not go on: halves of messages, sessions whose clients are away, rooms
// that nobody is in. By the number of the fault that was found in use.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/deflating_peer.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::V1Client;

class KeptForPeers : public test::AppTest {
 protected:
  test::RoomChat& chat = app.route<test::RoomChat>("/ws", auth);

  V1Client enter(std::string_view user, const V1Client* former = nullptr) const {
    return V1Client(std::make_unique<RawClient>(app.port()), token(user), former);
  }
  static Json to_room(const std::string& room, std::size_t bytes) {
    return boost::json::object{{"room", room}, {"text", std::string(bytes, 'a')}};
  }
};

TEST_F(KeptForPeers, A07_HalvesOfMessagesEndInTime) {
  constexpr int kPeers = 100;
  limits.message_time = 200ms;
  start(1);
  std::vector<RawClient> peers;
  for (int i = 0; i < kPeers; ++i) {
    peers.push_back(client("u" + std::to_string(i)));
    peers.back().send(test::frame(0x01, std::string(10'000, 'x')));
  }
  for (RawClient& peer : peers) EXPECT_EQ(peer.read_close(), 4408U);
  EXPECT_EQ(test::rejected(app.port(), "message_timeout"), kPeers);
}

TEST_F(KeptForPeers, A07_SuspendedSessionsKeepNoMoreThanTheyMayTogether) {
  constexpr int kMembers = 10;
  limits.sessions_bytes_max = 1'000'000;
  start(1);
  std::vector<V1Client> members;
  for (int i = 0; i < kMembers; ++i) {
    members.push_back(enter("u" + std::to_string(i)));
    members.back().join("r");
    members.back().lose();
    eventually([&] { return chat.disconnects == i + 1; });
  }
  V1Client speaker = enter("speaker");
  speaker.join("r");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(text(speaker.ask(to_room("r", 50'000)), "t"), "ack");
  eventually([&] { return test::rejected(app.port(), "sessions_full") >= kMembers - 5; });
  EXPECT_FALSE(enter("u0", &members.front()).resumed()) << "it was away for longest";
  const std::string last = "u" + std::to_string(kMembers - 1);
  EXPECT_TRUE(enter(last, &members.back()).resumed());
}

TEST_F(KeptForPeers, A07_RoomsThatFewAccountsHaveMadeLeaveOthersTheirs) {
  constexpr int kAccounts = 5;
  constexpr int kRooms = 400;
  limits.messages_per_second = 0;
  limits.rooms_max = 100;
  limits.rooms_per_user_max = 10;
  app.rooms("*", RoomOptions().history(1, 5min));
  start(1);
  for (int account = 0; account < kAccounts; ++account) {
    V1Client maker = enter("maker" + std::to_string(account));
    for (int i = 0; i < kRooms; ++i) {
      const std::string room = std::to_string(account) + ":" + std::to_string(i);
      if (text(maker.join(room), "t") != "joined") break;
      maker.ask(to_room(room, 10));
      maker.send(boost::json::object{{"t", "leave"}, {"id", maker.sent() + 1}, {"room", room}});
      maker.set_sent(maker.sent() + 1);
      maker.answer_to(maker.sent());
    }
    EXPECT_EQ(text(maker.join("one more"), "t"), "error");
  }
  V1Client other = enter("other");
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(text(other.join("mine:" + std::to_string(i)), "t"), "joined");
}

}  // namespace
}  // namespace microframe
