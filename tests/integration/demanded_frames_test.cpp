// Frames that microframe.v1 demands of a client, such as `ack` and `received`: however many the
// server's own frames call for, they are no flood. By the number of the fault that was found in use.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "support/app_fixture.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::V1Client;

// {"asks": n}: asks the device so often, one question after the other, and says how many it has
// answered. {"tells": n}: so many small messages.
class Talker : public ws::ChatBase {
 public:
  std::atomic<int> disconnects{0};
  std::atomic<int> last_code{0};

  Task<> on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    if (const Json* asks = message.as_object().if_contains("asks")) {
      std::int64_t answered = 0;
      for (std::int64_t i = 0; i < asks->as_int64(); ++i) {
        const Json question = i;
        const ws::Ack ack = co_await send_acked(socket, question, 10s);
        answered += ack.status == ws::AckStatus::acknowledged ? 1 : 0;
      }
      socket.reply(answered);
    } else {
      const std::int64_t count = message.at("tells").as_int64();
      for (std::int64_t i = 0; i < count; ++i) socket.send(i);
    }
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
    last_code = reason.code;
    ++disconnects;
  }
};

class DemandedFrames : public test::AppTest {
 protected:
  Talker& talker = app.route<Talker>("/ws", auth);
  V1Client enter() const {
    return V1Client(std::make_unique<RawClient>(app.port()), token("alice"));
  }
};

TEST_F(DemandedFrames, A11_AcksAreNoFloodHoweverManyAreAskedFor) {
  constexpr std::int64_t kAsks = 600;
  start(1);
  V1Client alice = enter();
  alice.send({{"t", "message"}, {"id", 1}, {"data", {{"asks", kAsks}}}});
  for (std::int64_t i = 0; i < kAsks; ++i) {
    const Json question = alice.read_until("message");
    alice.send({{"t", "ack"}, {"id", question.at("id")}});
  }
  EXPECT_EQ(alice.answer_to(1).at("data"), Json(kAsks));
  EXPECT_EQ(talker.disconnects, 0) << talker.last_code;
}

TEST_F(DemandedFrames, A11_ReportsOfWhatWasReceivedAreNoFlood) {
  constexpr int kRounds = 24;
  constexpr int kEach = 2000;  // fewer than a session keeps
  start(1);
  V1Client alice = enter();
  for (int round = 0; round < kRounds; ++round) {
    alice.send({{"t", "message"}, {"data", {{"tells", kEach}}}});
    for (int i = 0; i < kEach; ++i) {
      ASSERT_EQ(alice.read_until("message").at("data"), Json(i)) << round;
      if (i % 64 == 63) alice.send({{"t", "received"}, {"n", alice.received()}});
    }
    alice.send({{"t", "received"}, {"n", alice.received()}});
  }
  EXPECT_EQ(talker.disconnects, 0) << talker.last_code;
}

}  // namespace
}  // namespace microframe
