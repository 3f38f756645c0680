// Devices and rooms while everything changes: scenarios 59 and 60, on real sockets, beside a
// healthy neighbour that must not be disturbed.

#include <atomic>
#include <thread>

#include "support/scenario.hpp"

namespace microframe {
namespace {

using test::RawClient;
using test::Scenario;

TEST_F(Scenario, S59_OfTwoDevicesOneClosesAndTheUserStays) {
  begin(2);
  RawClient one = client("alice");
  RawClient two = client("alice");
  eventually([&] { return echo.device_count("alice") == 2; });
  one.send_close();
  EXPECT_EQ(one.read_close(), 1000U);
  eventually([&] { return echo.device_count("alice") == 1; });
  EXPECT_TRUE(echo.is_connected("alice"));
}

class OneRoom : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) { join_room(socket, "r"); }
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    const auto number = message.at("n").as_int64();
    if (number % 3 == 0) leave_room(socket, "r");
    if (number % 3 == 1) join_room(socket, "r");
    if (number % 3 == 2) broadcast_to_room("r", message);
  }
};

TEST_F(Scenario, S60_LeaveJoinAndCloseDuringABroadcastGivesEachMemberEachMessageOnce) {
  OneRoom& rooms = app.route<OneRoom>("/rooms", auth);
  limits.messages_per_second = 0;
  begin(2);
  std::atomic<bool> ends{false};
  std::thread churn([&] {
    for (int round = 0; !ends; ++round) {
      RawClient other = client("churn" + std::to_string(round % 7), "/rooms");
      for (int i = 0; i < 6; ++i) other.send_text(R"({"n":)" + std::to_string(i) + "}");
    }
  });
  RawClient steady = client("steady", "/rooms");
  eventually([&] { return rooms.get_user_rooms("steady").size() == 1; });
  for (int i = 0; i < 2000; ++i) rooms.broadcast_to_room("r", {{"tick", i}});
  int next = 0;
  while (next < 2000) {
    const std::string text = steady.read_text();
    if (text.find("tick") == std::string::npos) continue;
    EXPECT_EQ(text, R"({"tick":)" + std::to_string(next++) + "}");
  }
  ends = true;
  churn.join();
  eventually([&] { return rooms.get_room_members("r") == std::vector<std::string>{"steady"}; });
}

}  // namespace
}  // namespace microframe
