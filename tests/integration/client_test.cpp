// A client's connection to our own server, and to servers that misbehave.

#include "client/connection.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "net/listener.hpp"
#include "support/app_fixture.hpp"

namespace microframe {
namespace {

using test::RawClient;

class ClosingEcho : public ws::BaseWebSocket {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    if (message.content() == "close") return socket.close(4000, "as you wish");
    socket.send(message);
  }
};

// One connection on a loop of its own thread. Its results are read after wait().
class LoneConnection final : private client::Connection::Events {
 public:
  LoneConnection(const std::string& url, client::Connection::Options options,
                 std::string first_words = {})
      : first_words_(std::move(first_words)), thread_([this] { loop_.run(); }) {
    loop_.post([this, url, options = std::move(options)] {
      connection_.reset(new client::Connection(loop_, client::parse_url(url), options, *this));
    });
  }
  ~LoneConnection() {
    loop_.post([this] { connection_.reset(); });
    loop_.stop();
    thread_.join();
  }

  // Waits until the connection has ended.
  void wait() { closed_.wait(false); }

  bool opened = false;
  std::string received;
  int code = 0;
  std::string reason;

 private:
  void on_open() override {
    opened = true;
    if (!first_words_.empty()) connection_->send(ws::Message::text(first_words_));
  }
  void on_message(const ws::Message& message) override {
    received = message.content();
    connection_->send(ws::Message::text("close"));
  }
  void on_closed(proto::CloseCode with, std::string_view why) override {
    code = static_cast<int>(with);
    reason = why;
    closed_ = true;
    closed_.notify_all();
  }

  const std::string first_words_;
  std::atomic<bool> closed_{false};
  net::Loop loop_;
  std::unique_ptr<client::Connection> connection_;
  std::thread thread_;
};

class ClientTest : public test::AppTest {
 protected:
  ClosingEcho& echo = app.route<ClosingEcho>("/ws", auth);
  std::string url(const std::string& path) const {
    return "ws://127.0.0.1:" + std::to_string(app.port()) + path;
  }
  client::Connection::Options as(std::string_view user) const {
    client::Connection::Options options;
    options.token = token(user);
    return options;
  }
};

TEST_F(ClientTest, ConnectionSendsReceivesAndReportsItsEnd) {
  start(1);
  LoneConnection client(url("/ws"), as("alice"), "hello");
  client.wait();
  EXPECT_TRUE(client.opened);
  EXPECT_EQ(client.received, "hello");
  EXPECT_EQ(client.code, 4000);
  EXPECT_EQ(client.reason, "as you wish");
}

TEST_F(ClientTest, ConnectsOverIPv6) {
  app.limits(limits).threads(1);
  app.start("[::1]:0");  // throws, and says so, on a machine without ::1
  LoneConnection client("ws://[::1]:" + std::to_string(app.port()) + "/ws", as("alice"), "hello");
  client.wait();
  EXPECT_EQ(client.received, "hello");
  EXPECT_EQ(client.code, 4000);
}

TEST_F(ClientTest, RefusedHandshakeReportsTheServersStatus) {
  start(1);
  LoneConnection client(url("/nowhere"), as("alice"));
  client.wait();
  EXPECT_FALSE(client.opened);
  EXPECT_EQ(client.code, 1006);
  EXPECT_NE(client.reason.find("404"), std::string::npos) << client.reason;
}

TEST_F(ClientTest, SilentServerIsGivenUp) {
  auto sockets = net::open_listen_sockets(net::parse_address("127.0.0.1:0"), 1);
  client::Connection::Options options;
  options.heartbeat = {200, 200};
  LoneConnection client("ws://127.0.0.1:" + std::to_string(sockets.front().port()) + "/", options);
  std::optional<RawClient> accepted;
  while (!accepted) {
    const int fd = ::accept4(sockets.front().fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) accepted.emplace(RawClient::adopt(fd));
  }
  const std::string head = accepted->read_head();
  const std::size_t at = head.find("Sec-WebSocket-Key: ") + 19;
  accepted->send(proto::accept_response(head.substr(at, head.find('\r', at) - at), {}));
  client.wait();
  EXPECT_TRUE(client.opened);
  EXPECT_EQ(client.code, 1006);
  EXPECT_NE(client.reason.find("stopped answering"), std::string::npos) << client.reason;
}

TEST_F(ClientTest, UnreachableServerIsReportedInWords) {
  start(1);
  const std::string gone = url("/ws");
  app.stop();
  app.wait();
  LoneConnection client(gone, as("alice"));
  client.wait();
  EXPECT_EQ(client.code, 1006);
  EXPECT_FALSE(client.reason.empty());
}

}  // namespace
}  // namespace microframe
