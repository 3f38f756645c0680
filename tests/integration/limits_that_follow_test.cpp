// Limits that depend on each other: where one is set, the others follow. By the number of the fault
// that was found in use.

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
using test::frame;
using test::RawClient;
using test::V1Client;

class LimitsThatFollow : public test::AppTest {
 protected:
  static constexpr std::size_t kMiB = 1024 * 1024;
  test::RoomChat& chat = app.route<test::RoomChat>("/ws", auth);

  V1Client enter(std::string_view user, const V1Client* former = nullptr) const {
    return V1Client(std::make_unique<RawClient>(app.port()), token(user), former);
  }
  // {"room": .., "text": ..}, in a frame of a client's that has so many bytes.
  static Json longest(std::size_t frame_bytes) {
    const auto frame_of = [](std::string text) {
      return boost::json::object{
          {"t", "message"},
          {"id", 2},
          {"data", boost::json::object{{"room", "r"}, {"text", std::move(text)}}}};
    };
    const std::size_t rest = to_text(frame_of({})).size();
    return Json(frame_of(std::string(frame_bytes - rest, 'a')).at("data"));
  }
};

TEST_F(LimitsThatFollow, A05_TheLongestMessageEndsNoSuspendedSession) {
  constexpr int kMembers = 5;
  start(1);
  std::vector<V1Client> members;
  for (int i = 0; i < kMembers; ++i) {
    members.push_back(enter("u" + std::to_string(i)));
    members.back().join("r");
  }
  V1Client speaker = enter("speaker");
  speaker.join("r");
  for (V1Client& member : members) member.lose();
  eventually([&] { return chat.disconnects == kMembers; });
  EXPECT_EQ(text(speaker.ask(longest(limits.message_bytes_max)), "t"), "ack");
  for (int i = 0; i < kMembers; ++i) {
    V1Client back = enter("u" + std::to_string(i), &members[static_cast<std::size_t>(i)]);
    EXPECT_TRUE(back.resumed()) << i;
    if (!back.resumed()) continue;
    const Json message = back.read_until("message");
    EXPECT_GT(text(message.at("data"), "text").size(), limits.message_bytes_max - 100);
  }
}

TEST_F(LimitsThatFollow, A05_FragmentsAndTheOutboxGrowWithTheLongestMessage) {
  constexpr std::size_t kFragment = 4096;
  limits.message_bytes_max = 16 * kMiB;
  start(1);
  V1Client alice = enter("alice");
  alice.join("r");
  const std::string whole = to_text(boost::json::object{
      {"t", "message"}, {"id", 2}, {"data", longest(limits.message_bytes_max)}});
  std::string fragments;
  for (std::size_t at = 0; at < whole.size(); at += kFragment) {
    const bool last = at + kFragment >= whole.size();
    fragments += frame(static_cast<unsigned char>((at == 0 ? 1 : 0) | (last ? 0x80 : 0)),
                       whole.substr(at, kFragment));
  }
  ASSERT_TRUE(alice.stream().send(fragments));
  EXPECT_EQ(text(alice.answer_to(2), "t"), "ack");
}

// With buffers of the kernel's own size nothing waits; with small ones the long one does.
TEST_F(LimitsThatFollow, A05_ALongMessageAndAShortOneFitIntoTheOutbox) {
  limits.message_bytes_max = 16 * kMiB;
  start(1);
  V1Client slow = enter("slow");
  slow.join("r");
  chat.broadcast_to_room("r", {{"text", std::string(12 * kMiB, 'a')}});
  chat.broadcast_to_room("r", {{"text", "short"}});
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(text(slow.read_until("message").at("data"), "text").size(), 12 * kMiB);
  EXPECT_EQ(text(slow.read_until("message").at("data"), "text"), "short");
  EXPECT_EQ(chat.disconnects, 0) << chat.last_code;
}

}  // namespace
}  // namespace microframe
