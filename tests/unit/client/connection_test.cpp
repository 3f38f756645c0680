// One connection of a client, over a Unix socket whose other end the test holds.

#include "client/connection.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

class ConnectionTest : public testing::Test, private Link::Events {
 protected:
  // Not in the destructor: the loop tells this object of the connection until then.
  void TearDown() override { destroy(); }

  void make(const Url& url, Connection::Options options) {
    Link::Events& events = *this;
    connection = std::make_unique<Connection>(thread_.loop, url, std::move(options), events);
  }
  void connect_to(const Url& url, Connection::Options options = {}) {
    thread_.on_loop([&] { make(url, std::move(options)); });
  }
  void connect(Connection::Options options = {}) { connect_to(server.url(), std::move(options)); }
  // Connects, and is accepted.
  UnixPeer open(Connection::Options options = {}) {
    connect(std::move(options));
    UnixPeer peer = server.next();
    peer.accept();
    log.wait_for("open");
    return peer;
  }
  void destroy() {
    thread_.on_loop([this] { connection.reset(); });
  }
  void on_loop(const std::function<void()>& action) { thread_.on_loop(action); }
  bool send(std::string_view text) {
    bool taken = false;
    on_loop([&] { taken = connection->send(ws::Message::text(text)); });
    return taken;
  }
  void close(CloseCode code = CloseCode::normal, std::string_view reason = {}) {
    on_loop([&] { connection->close(code, reason); });
  }

  UnixServer server;
  ClientLog log;
  std::unique_ptr<Connection> connection;  // on the loop only
  std::atomic<int> sent = 0;               // how often all that was sent had left
  // What follows each event, on the loop.
  std::function<void()> after_open = [] {};
  std::function<void()> after_message = [] {};
  std::function<void()> after_closed = [] {};

 private:
  void on_open() override {
    log.add("open " + connection->subprotocol());
    after_open();
  }
  void on_message(const ws::Message& message) override {
    log.add((message.is_binary() ? "bytes " : "text ") + std::string(message.content()));
    after_message();
  }
  void on_sent() override { ++sent; }
  void on_closing() override { log.add("closing"); }
  void on_closed(CloseCode code, std::string_view reason) override {
    log.add("closed " + std::to_string(static_cast<unsigned>(code)) + " " + std::string(reason));
    after_closed();
  }

  net::LoopThread thread_;
};

// --- the opening ---

TEST_F(ConnectionTest, RequestHoldsWhatTheOptionsSay) {
  Connection::Options options;
  options.token = "a.b.c";
  options.subprotocols = {"chat", "superchat"};
  options.compression.emplace();
  connect(options);
  UnixPeer peer = server.next();
  peer.accept("superchat");
  EXPECT_EQ(peer.field("Host"), "a.example");
  EXPECT_EQ(peer.field("Authorization"), "Bearer a.b.c");
  EXPECT_EQ(peer.field("Sec-WebSocket-Protocol"), "chat, superchat");
  EXPECT_TRUE(peer.field("Sec-WebSocket-Extensions").starts_with("permessage-deflate"));
  EXPECT_EQ(log.wait_for("open"), "open superchat");
}

TEST_F(ConnectionTest, KeyIsAnotherOneEachTime) {
  connect();
  UnixPeer first = server.next();
  first.read_request();
  connect();
  UnixPeer second = server.next();
  second.read_request();
  EXPECT_EQ(first.field("Sec-WebSocket-Key").size(), 24U);
  EXPECT_NE(first.field("Sec-WebSocket-Key"), second.field("Sec-WebSocket-Key"));
}

TEST_F(ConnectionTest, AnswerAndFramesComeInPieces) {
  connect();
  UnixPeer peer = server.next();
  peer.read_request();
  peer.send_byte_by_byte(peer.acceptance() + "\x81\x05hello");
  log.wait_for("open");
  log.wait_for("text hello");
}

TEST_F(ConnectionTest, FramesThatComeWithTheAnswerAreRead) {
  connect();
  UnixPeer peer = server.next();
  peer.read_request();
  peer.send(peer.acceptance() + "\x81\x03one\x82\x03two");
  log.wait_for("text one");
  log.wait_for("bytes two");
}

TEST_F(ConnectionTest, HttpAnswerInPlaceOfTheUpgradeIsTheEnd) {
  unsigned status = 0;
  std::optional<std::uint64_t> retry_after_s;
  after_closed = [&] {
    status = connection->status();
    retry_after_s = connection->retry_after_s();
  };
  connect();
  UnixPeer peer = server.next();
  peer.read_request();
  peer.send("HTTP/1.1 503 Full\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
  EXPECT_NE(log.wait_for("closed 1006").find("503"), std::string::npos);
  destroy();
  EXPECT_EQ(status, 503U);
  EXPECT_EQ(retry_after_s, 7U);
  EXPECT_EQ(log.lines("open").size(), 0U);
}

TEST_F(ConnectionTest, WrongSubprotocolIsTheEnd) {
  Connection::Options options;
  options.subprotocols = {"chat"};
  connect(options);
  UnixPeer peer = server.next();
  peer.accept("other");
  log.wait_for("closed 1006");
  EXPECT_TRUE(peer.is_at_end());
}

TEST_F(ConnectionTest, ServerThatHangsUpBeforeItsAnswerIsTheEnd) {
  connect();
  {
    UnixPeer peer = server.next();
  }
  log.wait_for("closed 1006");
}

TEST_F(ConnectionTest, ServerThatDoesNotAnswerInTimeIsGivenUp) {
  Connection::Options options;
  options.open_ms = 1;
  connect(options);
  UnixPeer peer = server.next();
  EXPECT_EQ(log.wait_for("closed"), "closed 1006 no answer in time");
}

TEST_F(ConnectionTest, NobodyThereIsSaidInWords) {
  Url nowhere = server.url();
  nowhere.address.unix_path += "_not";
  connect_to(nowhere);
  EXPECT_NE(log.wait_for("closed 1006").find("cannot connect"), std::string::npos);
}

TEST_F(ConnectionTest, ServerThatDoesNotSpeakTlsIsSaidInWords) {
  Url url = server.url();
  url.secure = true;
  url.address.host = "a.example";
  connect_to(url);
  UnixPeer peer = server.next();
  peer.read_some();  // the ClientHello
  peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_TRUE(log.wait_for("closed 1006").starts_with("closed 1006 TLS: "));
}

// --- messages ---

TEST_F(ConnectionTest, MessagesGoBothWays) {
  UnixPeer peer = open();
  EXPECT_TRUE(send("hello"));
  peer.expect_frame(0x81, "hello");
  on_loop([this] { connection->send(ws::Message::binary(base::as_bytes("\0\xFF"s))); });
  peer.expect_frame(0x82, "\0\xFF"s);
  peer.send("\x82\x02\x00\xFF"s);
  log.wait_for("bytes \0\xFF"s);
}

TEST_F(ConnectionTest, FragmentsAreOneMessageThoughAPingComesBetween) {
  UnixPeer peer = open();
  peer.send("\x01\x03hel\x89\x02hi\x80\x02lo"s);
  log.wait_for("text hello");
  peer.expect_frame(0x8A, "hi");  // RFC 6455 §5.5.3: the pong bears the ping's payload
}

TEST_F(ConnectionTest, OnlyLongMessagesAreCompressed) {
  Connection::Options options;
  options.compression.emplace();
  options.compression->threshold_bytes = 50;
  connect(options);
  UnixPeer peer = server.next();
  peer.accept({}, "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  log.wait_for("open");
  send(std::string(49, 'a'));
  peer.expect_frame(0x81, std::string(49, 'a'));
  send(std::string(100, 'a'));
  const test::Received compressed = peer.read_frame();
  EXPECT_EQ(compressed.first, 0xC1U) << "RFC 7692 §6: RSV1";
  EXPECT_LT(compressed.payload.size(), 50U);
}

TEST_F(ConnectionTest, NothingIsSentUnlessTheConnectionIsOpen) {
  connect();
  EXPECT_FALSE(send("early"));
  UnixPeer peer = server.next();
  peer.accept();
  log.wait_for("open");
  close();
  EXPECT_FALSE(send("late"));
  peer.expect_frame(0x88, "\x03\xE8");
  peer.send("\x88\x02\x03\xE8");
  {
    const UnixPeer gone = std::move(peer);
  }
  log.wait_for("closed 1000");
  EXPECT_FALSE(send("later"));
}

TEST_F(ConnectionTest, PausedConnectionReadsAgainWhenItIsResumed) {
  after_open = [this] { connection->pause_reading(); };
  connect();
  UnixPeer peer = server.next();
  peer.read_request();
  peer.send(peer.acceptance());
  log.wait_for("open");
  peer.send("\x81\x05hello");
  on_loop([] {});
  EXPECT_EQ(log.lines("text").size(), 0U);
  on_loop([this] { connection->resume_reading(); });
  log.wait_for("text hello");
}

// --- rules that the server breaks ---

TEST_F(ConnectionTest, ServerThatBreaksTheProtocolIsToldWhichRule) {
  const struct {
    const char* rule;
    std::string frame;
    const char* close;
  } cases[] = {
      {"§5.1: a masked frame", "\x81\x81\x00\x00\x00\x00x"s, "\x03\xEA"},
      {"§5.2: a reserved bit", "\xC1\x01x"s, "\x03\xEA"},
      {"§5.5: a fragmented ping", "\x09\x00"s, "\x03\xEA"},
      {"§8.1: text that is not UTF-8", "\x81\x01\xFF"s, "\x03\xEF"},
      {"§7.4.1: a message over the limit", "\x81\x7E\x00\xC8"s, "\x03\xF1"},
  };
  std::size_t closed = 0;
  for (const auto& each : cases) {
    Connection::Options options;
    options.limits.message_bytes_max = 100;
    UnixPeer peer = open(options);
    peer.send(each.frame);
    const test::Received close = peer.read_frame();
    EXPECT_EQ(close.first, 0x88U) << each.rule;
    EXPECT_EQ(close.payload.substr(0, 2), each.close) << each.rule;
    EXPECT_TRUE(peer.is_at_end()) << each.rule;
    on_loop([] {});
    EXPECT_EQ(log.lines("closed").size(), closed)
        << each.rule << ": §7.1.1, the server may read on";
    {
      const UnixPeer gone = std::move(peer);
    }
    EXPECT_GT(log.wait_for("closed 1006 ").size(), 12U) << each.rule;
    ++closed;
  }
}

// --- the end ---

TEST_F(ConnectionTest, CloseOfTheServerIsAnsweredAndTold) {
  UnixPeer peer = open();
  peer.send(
      "\x88\x05\x0F\xA0"
      "bye"s);
  peer.expect_frame(0x88, "\x0F\xA0"s);
  {
    const UnixPeer gone = std::move(peer);
  }
  EXPECT_EQ(log.wait_for("closed"), "closed 4000 bye");
}

TEST_F(ConnectionTest, CloseOfTheServerWithoutACodeIs1005) {
  UnixPeer peer = open();
  peer.send("\x88\x00"s);
  peer.expect_frame(0x88, "");
  {
    const UnixPeer gone = std::move(peer);
  }
  log.wait_for("closed 1005");
}

TEST_F(ConnectionTest, MessagesThatComeAfterOurCloseAreStillTold) {
  UnixPeer peer = open();
  close(static_cast<CloseCode>(4001), "done");
  peer.expect_frame(0x88,
                    "\x0F\xA1"
                    "done");
  peer.send("\x81\x04late\x88\x02\x0F\xA1"s);
  log.wait_for("text late");
  {
    const UnixPeer gone = std::move(peer);
  }
  EXPECT_EQ(log.wait_for("closed"), "closed 4001 ");
}

TEST_F(ConnectionTest, SecondCloseIsNotSent) {
  UnixPeer peer = open();
  close(CloseCode::normal, "first");
  close(CloseCode::going_away, "second");
  peer.expect_frame(0x88,
                    "\x03\xE8"
                    "first");
  peer.send("\x88\x02\x03\xE8"s);
  {
    const UnixPeer gone = std::move(peer);
  }
  EXPECT_EQ(log.wait_for("closed"), "closed 1000 ");
  EXPECT_EQ(log.lines("closed").size(), 1U);
}

TEST_F(ConnectionTest, ServerThatHangsUpWithoutACloseIs1006) {
  {
    const UnixPeer peer = open();
  }
  EXPECT_EQ(log.wait_for("closed"), "closed 1006 ");
}

TEST_F(ConnectionTest, ServerThatHangsUpInsteadOfAnsweringOurCloseIs1006) {
  {
    UnixPeer peer = open();
    close();
    peer.expect_frame(0x88, "\x03\xE8");
  }
  EXPECT_EQ(log.wait_for("closed"), "closed 1006 ");
}

TEST_F(ConnectionTest, CloseBeforeTheAnswerGivesUpButNotInsideTheCall) {
  connect();
  UnixPeer peer = server.next();
  on_loop([this] {
    connection->close();
    log.add("called");
  });
  log.wait_for("called");
  EXPECT_EQ(log.wait_for("closed"), "closed 1006 given up");
}

TEST_F(ConnectionTest, SilentServerIsPingedAndThenGivenUp) {
  Connection::Options options;
  options.heartbeat = {100, 100};
  UnixPeer peer = open(options);
  peer.expect_frame(0x89, "");
  EXPECT_EQ(log.wait_for("closed"), "closed 1006 the server has stopped answering");
}

TEST_F(ConnectionTest, GoodbyeIsSaidBeforeTheConnectionGoes) {
  UnixPeer peer = open();
  on_loop([this] {
    connection->say_goodbye();
    connection.reset();
  });
  peer.expect_frame(0x88, "\x03\xE8");
  EXPECT_TRUE(peer.is_at_end());
  EXPECT_EQ(log.lines("closed").size(), 0U) << "the caller knows";
}

TEST_F(ConnectionTest, GoodbyeBeforeTheAnswerSaysNothing) {
  connect();
  UnixPeer peer = server.next();
  peer.read_request();
  on_loop([this] {
    connection->say_goodbye();
    connection.reset();
  });
  EXPECT_TRUE(peer.is_at_end());
}

TEST_F(ConnectionTest, ConnectionMayBeDestroyedInsideEachEvent) {
  for (const std::string event : {"open", "text", "closed"}) {
    const auto go = [this] { connection.reset(); };
    after_open = event == "open" ? go : std::function<void()>([] {});
    after_message = event == "text" ? go : std::function<void()>([] {});
    after_closed = event == "closed" ? go : std::function<void()>([] {});
    connect();
    UnixPeer peer = server.next();
    peer.read_request();
    peer.send(peer.acceptance() + "\x81\x03one\x81\x03two\x88\x02\x03\xE8"s);
    if (event == "closed") {
      peer.expect_frame(0x88, "\x03\xE8");
      const UnixPeer gone = std::move(peer);
    } else {
      EXPECT_TRUE(peer.is_at_end()) << event;
    }
    log.wait_for(event);
    on_loop([this] { EXPECT_EQ(connection, nullptr); });
  }
}

TEST_F(ConnectionTest, ConnectionMayBeDestroyedWhileItConnects) {
  on_loop([this] {
    make(server.url(), {});
    connection.reset();
  });
  on_loop([] {});
  EXPECT_EQ(log.lines(), std::vector<std::string>{});
}

}  // namespace
}  // namespace microframe::client
