// Frames that peers will send, one by one and in floods: each scenario by its number, on real
// sockets, beside a healthy neighbour that must not be disturbed. Compressed frames:
// compression_test.cpp.

#include <atomic>
#include <chrono>

#include "support/scenario.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::frame;
using test::Length;
using test::RawClient;
using test::Scenario;

TEST_F(Scenario, S29_BadFramesAre1002) {
  begin();
  expect_rejected("protocol_error", 10);
  for (const std::string& bad :
       {frame(0x81, "x", Length::minimal, false), frame(0xC1, "x"), frame(0x83, "x"),
        frame(0x8B, ""), frame(0x09, ""), frame(0x89, std::string(126, 'x')),
        frame(0x82, "five", Length::two), frame(0x82, "five", Length::eight), frame(0x80, "x"),
        frame(0x01, "a") + frame(0x81, "b")}) {
    EXPECT_EQ(close_of(bad), 1002U);
  }
}

TEST_F(Scenario, S30and31_HugeLengthsAreRefusedAtTheHeader) {
  begin();
  expect_rejected("protocol_error");
  expect_rejected("message_too_big", 2);
  EXPECT_EQ(close_of("\x82\xFF\x80\0\0\0\0\0\0\0...."s), 1002U);
  EXPECT_EQ(close_of("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF...."s), 1009U);
  EXPECT_EQ(close_of("\x82\xFF\0\0\0\0\0\x10\0\x01...."s), 1009U);  // 1 MiB and one byte
}

TEST_F(Scenario, S32_ContinuationsOfOneByteWithoutEndAre1008) {
  limits.messages_per_second = 0;
  begin();
  expect_rejected("protocol_error");
  RawClient made = client("alice");
  std::string endless = frame(0x01, "x");
  for (int i = 0; i < 5000; ++i) endless += frame(0x00, "x");
  made.send(endless);
  EXPECT_EQ(made.read_close(), 1008U);
}

// If each piece were kept on its own, a million pieces would take a hundred times their bytes.
TEST_F(Scenario, S32_PiecesOfOneByteTakeTheirBytesAndLittleMore) {
  constexpr std::size_t kPieces = 500'000;
  limits.messages_per_second = 0;
  limits.fragments_max = kPieces + 2;
  begin();
  const double before = test::metric(app.port(), "process_resident_memory_bytes");
  RawClient made = client("alice");
  std::string pieces;
  for (int i = 0; i < 1000; ++i) pieces += frame(0x00, "x");
  ASSERT_TRUE(made.send(frame(0x01, "")));
  for (std::size_t sent = 0; sent < kPieces; sent += 1000) ASSERT_TRUE(made.send(pieces));
  made.send(frame(0x89, "all taken"));  // answered between fragments (RFC 6455 §5.4)
  EXPECT_EQ(made.read_frame().payload, "all taken");
  const double held = test::metric(app.port(), "process_resident_memory_bytes") - before;
  if (!test::kSanitized) {
    EXPECT_LT(held, 8 << 20);
  }
  made.send(frame(0x80, ""));
  EXPECT_EQ(made.read_text().size(), kPieces);
}

TEST_F(Scenario, S33_EndlessEmptyFragmentsAre1008) {
  limits.messages_per_second = 0;
  begin();
  expect_rejected("protocol_error");
  std::string endless = frame(0x01, "");
  for (int i = 0; i < 1100; ++i) endless += frame(0x00, "");
  EXPECT_EQ(close_of(endless), 1008U);
}

TEST_F(Scenario, S34_FloodsOfPingsAndPongsAre4429) {
  limits.overrun_time = std::chrono::milliseconds(0);
  begin();
  expect_rejected("too_many_messages", 2);
  for (const char opcode : {'\x89', '\x8A'}) {
    std::string flood;
    for (int i = 0; i < 300; ++i) flood += frame(static_cast<unsigned char>(opcode), "p");
    EXPECT_EQ(close_of(flood), 4429U);
  }
}

TEST_F(Scenario, S35_BadClosesAre1002Or1007) {
  begin();
  expect_rejected("protocol_error", 3);
  EXPECT_EQ(close_of(frame(0x88, "\x03")), 1002U);
  EXPECT_EQ(close_of(frame(0x88, "\x03\xED")), 1002U);
  EXPECT_EQ(close_of(frame(0x88, "\x03\xE8\xFF")), 1007U);
}

class Closer : public ws::BaseWebSocket {
 public:
  std::atomic<int> disconnects{0};
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json&) {
    socket.close(4000, "enough");
    socket.close(4001, "again");
    sent_after = socket.send({{"after", "close"}});
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
    EXPECT_EQ(reason.cause, ws::DisconnectCause::server_closed);
    EXPECT_EQ(reason.code, 4000);
    ++disconnects;
  }
  std::atomic<bool> sent_after{true};
};

TEST_F(Scenario, S36_ACloseThatIsNeverAnsweredIsDroppedAtItsLimit) {
  Closer& closer = app.route<Closer>("/closer", auth);
  limits.closing_time = 200ms;
  begin();
  expect_rejected("closing_timeout");
  RawClient made = client("alice", "/closer");
  const auto begun = std::chrono::steady_clock::now();
  made.send_text("{}");
  EXPECT_EQ(made.read_close(), 4000U);
  EXPECT_TRUE(made.at_end());
  expect_ended_at(limits.closing_time, begun);
  EXPECT_EQ(closer.disconnects, 1);
  EXPECT_FALSE(closer.sent_after);
}

TEST_F(Scenario, S39_InvalidTextAcrossFragmentsIs1007AtOnce) {
  begin();
  expect_rejected("protocol_error", 2);
  EXPECT_EQ(close_of(frame(0x01, "\xCE\xBA") + frame(0x00, "\xED\xA0")), 1007U);
  EXPECT_EQ(close_of(frame(0x81, "ok\xFF" + std::string(1000, 'x')).substr(0, 20)), 1007U);
}

TEST_F(Scenario, S45_AMessageFloodIs4429) {
  begin();
  expect_rejected("too_many_messages", 4);
  constexpr int kFlood = 5000;
  const std::string flood = [] {
    std::string frames;
    for (int i = 0; i < kFlood; ++i) frames += frame(0x81, "flood");
    return frames;
  }();
  std::vector<RawClient> flooding;
  flooding.reserve(4);
  for (int i = 0; i < 4; ++i) flooding.push_back(client("alice" + std::to_string(i)));
  for (RawClient& one : flooding) one.send(flood);
  still_here();
  for (RawClient& one : flooding) EXPECT_EQ(one.read_close(), 4429U);
  eventually([&] { return echo.disconnects == 4; });
  EXPECT_LT(echo.messages, 4 * kFlood / 4);
}

}  // namespace
}  // namespace microframe
