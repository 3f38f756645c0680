// Rooms with a coalescing window: every message to such a room arrives once, in order, and before
// the connection ends.

#include <chrono>
#include <string>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::V1Client;

class CoalescingHall : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) {
    join_room(socket, "busy");
    join_room(socket, "long");
  }
  void on_message(ws::WebSocket&, const ws::UserId&, const Json& message) {
    broadcast_to_room(text_or(message, "room", "busy"), message);
  }
};

class Coalescing : public test::AppTest {
 protected:
  CoalescingHall& hall = app.route<CoalescingHall>("/ws", auth);

  Coalescing() {
    app.rooms("busy", RoomOptions().coalesce(3ms));
    // Longer than a test waits to see that nothing comes.
    app.rooms("long", RoomOptions().coalesce(1000ms));
  }
  RawClient member(const std::string& user) {
    RawClient made = client(user);
    eventually([&] { return hall.get_user_rooms(user).size() == 2; });
    return made;
  }
  void say(const char* room, const std::string& text) {
    hall.broadcast_to_room(room, ws::Message::text(text));
  }
};

TEST_F(Coalescing, EachMemberOnEveryLoopGetsEachMessageOnceInOrder) {
  start(2);
  std::vector<RawClient> members;
  for (int i = 0; i < 6; ++i) members.push_back(member("u" + std::to_string(i)));
  constexpr int kMessages = 1000;
  for (int i = 0; i < kMessages; ++i) say("busy", std::to_string(i));
  for (RawClient& one : members) {
    for (int i = 0; i < kMessages; ++i) ASSERT_EQ(one.read_text(), std::to_string(i));
    EXPECT_TRUE(one.silent());
  }
}

TEST_F(Coalescing, SenderReceivesItsOwnMessage) {
  start(1);
  RawClient alice = member("alice");
  RawClient bob = member("bob");
  for (int i = 0; i < 50; ++i) alice.send_text(R"({"n":)" + std::to_string(i) + "}");
  for (RawClient* one : {&alice, &bob}) {
    for (int i = 0; i < 50; ++i) ASSERT_EQ(one->read_text(), R"({"n":)" + std::to_string(i) + "}");
  }
}

TEST_F(Coalescing, OtherMessagesDoNotWaitForTheWindow) {
  start(2);
  RawClient alice = member("alice");
  say("long", "held back");
  say("busy", "of another room");
  hall.send_to("alice", {{"to", "alice"}});
  EXPECT_EQ(alice.read_text(), R"({"to":"alice"})");
  EXPECT_EQ(alice.read_text(), "of another room");
  EXPECT_EQ(alice.read_text(), "held back");
}

TEST_F(Coalescing, ClosedMemberFirstGetsHeldMessages) {
  start(2);
  RawClient alice = member("alice");
  say("long", "the last you hear");
  hall.disconnect("alice", "go");
  EXPECT_EQ(alice.read_text(), "the last you hear");
  EXPECT_EQ(alice.read_close(), 4409U);
}

TEST_F(Coalescing, StoppingServerFirstSendsHeldMessages) {
  start(2);
  RawClient alice = member("alice");
  RawClient bob = member("bob");
  say("long", "before the end");
  app.stop();
  for (RawClient* one : {&alice, &bob}) {
    EXPECT_EQ(one->read_text(), "before the end");
    EXPECT_EQ(one->read_close(), 1012U);
  }
}

TEST_F(Coalescing, LeavingClientGetsMessagesSentBeforeItsClose) {
  start(1);
  RawClient alice = member("alice");
  RawClient bob = member("bob");
  const std::string farewell = R"({"room":"long","text":"farewell"})";
  alice.send_text(farewell);
  alice.send_close();
  EXPECT_EQ(alice.read_text(), farewell);
  EXPECT_EQ(alice.read_close(), 1000U);
  EXPECT_EQ(bob.read_text(), farewell);
}

TEST_F(Coalescing, SlowMemberIsClosedDespiteTheWindow) {
  limits.message_bytes_max = limits.outbox_bytes_max = 64 * 1024;
  start(1);
  RawClient slow = member("slow");
  const std::string text(32 * 1024, 'x');
  for (int i = 0; hall.is_connected("slow"); ++i) {
    ASSERT_LT(i, 10'000);
    say("busy", text);
    std::this_thread::sleep_for(100us);
  }
  while (true) {
    const test::Received received = slow.read_frame();
    if (received.first == 0x81) continue;
    EXPECT_EQ(received.close_code(), 4408U);
    return;
  }
}

TEST_F(Coalescing, ResumedSessionGetsMessagesHeldAtTheLoss) {
  start(2);
  V1Client alice(std::make_unique<RawClient>(app.port()), token("alice"));
  eventually([&] { return hall.get_user_rooms("alice").size() == 2; });
  while (alice.received() < 2) alice.read();  // joined, twice
  say("long", "1");
  say("long", "2");
  alice.lose();
  V1Client again(std::make_unique<RawClient>(app.port()), token("alice"), &alice);
  ASSERT_TRUE(again.resumed());
  EXPECT_EQ(again.read_until("message").at("data"), "1");
  EXPECT_EQ(again.read_until("message").at("data"), "2");
  EXPECT_TRUE(again.stream().silent());
}

}  // namespace
}  // namespace microframe
