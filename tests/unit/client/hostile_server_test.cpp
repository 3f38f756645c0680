// One connection of a client, whose server pings without end, does not read, sends fragments without
// end, or breaks the protocol right behind a good message.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "client/connection.hpp"
#include "support/bytes.hpp"
#include "support/client_log.hpp"
#include "unit/client/unix_server.hpp"
#include "unit/net/loop_thread.hpp"

namespace microframe::client {
namespace {

using namespace std::string_literals;
using proto::CloseCode;
using test::ClientLog;
using test::UnixPeer;
using test::UnixServer;

// A frame of the server's.
std::string frame(unsigned char first, std::string_view payload) {
  return test::frame(first, payload, test::Length::minimal, false);
}

// Sends each message back, through the loop, as an application does.
class EchoingConnection : public testing::Test, private Link::Events {
 protected:
  void TearDown() override {
    thread_.on_loop([this] { connection_.reset(); });
  }
  UnixPeer open(Connection::Options options = {}) {
    thread_.on_loop([&] {
      Link::Events& events = *this;
      connection_ =
          std::make_unique<Connection>(thread_.loop, server_.url(), std::move(options), events);
    });
    UnixPeer peer = server_.next();
    peer.accept();
    log.wait_for("open");
    return peer;
  }
  std::size_t buffered() {
    std::size_t bytes = 0;
    thread_.on_loop([&] { bytes = connection_->buffered(); });
    return bytes;
  }
  void send(std::string_view text) {
    thread_.on_loop([&] { connection_->send(ws::Message::text(text)); });
  }

  ClientLog log;
  std::atomic<int> sent = 0;
  bool echoes = true;

 private:
  void on_open() override { log.add("open"); }
  void on_message(const ws::Message& message) override {
    log.add("message " + std::to_string(message.content().size()));
    if (!echoes) return;
    thread_.loop.post([this, text = std::string(message.content())] {
      if (!connection_->send(ws::Message::text(text))) log.add("refused");
    });
  }
  void on_sent() override { ++sent; }
  void on_closing() override { log.add("closing"); }
  void on_closed(CloseCode code, std::string_view reason) override {
    log.add("closed " + std::to_string(static_cast<unsigned>(code)) + " " + std::string(reason));
  }

  UnixServer server_;
  std::unique_ptr<Connection> connection_;  // on the loop only
  net::LoopThread thread_;
};

// --- 35: what Autobahn's suite asks of a client ---

TEST_F(EchoingConnection, E35_PongsLeaveInTheOrderOfThePings) {
  UnixPeer peer = open();
  std::string pings;
  for (int i = 0; i < 10; ++i) pings += frame(0x89, "ping " + std::to_string(i));
  peer.send(pings);
  for (int i = 0; i < 10; ++i) peer.expect_frame(0x8A, "ping " + std::to_string(i));
}

TEST_F(EchoingConnection, E35_PongOfAPingInsideAMessageGoesBeforeTheEcho) {
  UnixPeer peer = open();
  peer.send(frame(0x01, "frag") + frame(0x89, "p") + frame(0x80, "ment"));
  peer.expect_frame(0x8A, "p");
  peer.expect_frame(0x81, "fragment");
}

TEST_F(EchoingConnection, E35_MoreFragmentsThanTheOldLimitAreOneMessage) {
  Connection::Options options;
  options.limits.fragments_max = 70'000;
  echoes = false;
  UnixPeer peer = open(options);
  std::string bytes = frame(0x01, "x");
  for (int i = 0; i < 65'534; ++i) bytes += frame(0x00, "x");
  peer.send(bytes + frame(0x80, "x"));
  log.wait_for("message 65536");
}

TEST_F(EchoingConnection, E35_GoodMessageIsEchoedBeforeTheCloseThatABadFrameBehindItBrings) {
  constexpr std::string_view kBad[] = {
      "\x91\x01x",         // a reserved bit
      "\x83\x01x",         // an unknown opcode
      "\x80\x01x",         // a continuation of nothing
      "\x81\x01\xFF",      // text that is not UTF-8
      "\x88\x02\x03\xEE",  // a Close with a code that may not be sent
  };
  for (const std::string_view bad : kBad) {
    SCOPED_TRACE(test::text(base::as_bytes(bad)));
    UnixPeer peer = open();
    peer.send(frame(0x81, "good") + std::string(bad));
    peer.expect_frame(0x81, "good");
    EXPECT_EQ(peer.read_frame().first, 0x88U);
    EXPECT_EQ(log.lines("refused").size(), 0U);
    log.wait_for("closing");
    TearDown();
  }
}

TEST_F(EchoingConnection, E35_GoodMessageIsEchoedBeforeTheAnswerToACloseInTheSameRead) {
  UnixPeer peer = open();
  peer.send(frame(0x81, "good") + frame(0x88, "\x03\xE8"));
  peer.expect_frame(0x81, "good");
  peer.expect_frame(0x88, "\x03\xE8");
  log.wait_for("closing");
}

// --- 36: told what has left ---

TEST_F(EchoingConnection, E36_SentIsToldOnceTheKernelHasAll) {
  UnixPeer peer = open();
  send("one");
  peer.expect_frame(0x81, "one");
  send("two");  // on_loop has run what was posted before
  peer.expect_frame(0x81, "two");
  EXPECT_GE(sent, 1);
  const int before = sent;
  for (int i = 0; i < 8; ++i) send(std::string(100'000, 'x'));
  EXPECT_GT(buffered(), 0U) << "the test's kernel takes too much";
  send("last");
  EXPECT_LE(sent, before + 7) << "what waits has not been told";
}

// --- 37: a server that does not read ---

TEST_F(EchoingConnection, E37_PongsToAServerThatDoesNotReadAreTheLatestOnly) {
  UnixPeer peer = open();
  echoes = false;
  std::string pings;
  for (int i = 0; i < 50'000; ++i)
    pings += frame(0x89, std::to_string(100'000 + i) + std::string(94, 'x'));
  peer.send(pings + frame(0x81, "end"));
  log.wait_for("message");
  EXPECT_LT(buffered(), 300'000U);
  std::string last;
  for (std::string payload; last < "149999"; last = payload.substr(0, 6)) {
    payload = peer.read_frame().payload;
    ASSERT_EQ(payload.size(), 100U);
    ASSERT_LT(last, payload.substr(0, 6)) << "in their order";
  }
}

TEST_F(EchoingConnection, E37_ServerThatDoesNotReadIsNotReadFromPastABound) {
  UnixPeer peer = open();
  const std::string message = frame(0x81, std::string(60'000, 'x'));
  std::atomic<bool> done = false;
  std::thread feeding([&] {
    for (int i = 0; i < 200 && !done; ++i) peer.try_send(message);
  });
  std::size_t most = 0;
  for (int i = 0; i < 50; ++i) {
    most = std::max(most, buffered());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  done = true;
  feeding.join();
  EXPECT_GE(most, 1'000'000U);
  EXPECT_LE(most, 3'000'000U);
  const std::size_t heard = log.lines("message").size();
  EXPECT_LT(heard, 100U);
  while (log.lines("message").size() == heard)
    peer.drop_some();  // it reads on when the server does
}

TEST_F(EchoingConnection, E37_ServerThatNeitherReadsNorIsReadIsGivenUpAsSilent) {
  Connection::Options options;
  options.heartbeat = {300, 300};
  UnixPeer peer = open(options);
  const std::string message = frame(0x81, std::string(60'000, 'x'));
  for (int i = 0; i < 200; ++i) peer.try_send(message);
  EXPECT_EQ(log.wait_for("closed"), "closed 1006 the server has stopped answering");
}

}  // namespace
}  // namespace microframe::client
