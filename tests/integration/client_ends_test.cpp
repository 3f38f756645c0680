// microframe::Client: servers that refuse it, the certificates it trusts, how it ends, and servers
// that are not ours.

#include <atomic>
#include <limits>
#include <memory>
#include <optional>

#include "microframe/client.hpp"
#include "support/app_fixture.hpp"
#include "support/certificates.hpp"
#include "support/chats.hpp"
#include "support/client_log.hpp"
#include "support/scripted_server.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::ClientLog;
using test::EchoChat;
using test::ScriptedServer;

class ClientEndsTest : public test::AppTest {
 protected:
  EchoChat& echo = app.route<EchoChat>("/ws", auth);
  ClientLog log;

  std::string url(const std::string& scheme = "ws") const {
    return scheme + "://127.0.0.1:" + std::to_string(app.port()) + "/ws";
  }
  static ClientOptions quick() {
    ClientOptions options;
    options.backoff_first = 20ms;
    return options;
  }
  // Gives one token after the other, and then the last one again and again.
  static ClientOptions with_tokens(std::vector<std::string> tokens) {
    ClientOptions options = quick();
    options.token = [tokens = std::move(tokens),
                     next = std::make_shared<std::atomic<std::size_t>>(0)] {
      return tokens[std::min(next->fetch_add(1), tokens.size() - 1)];
    };
    return options;
  }
};

TEST_F(ClientEndsTest, RefusedTokenIsReplacedOnce) {
  start(1);
  Client client(url(), with_tokens({"stale", token("alice")}));
  log.watch(client);
  client.connect();
  log.wait_for("reconnecting 4401");
  log.wait_for("open new");
  Client other(url(), with_tokens({"stale"}));
  ClientLog other_log;
  other_log.watch(other);
  Reply waits = other.send({{"n", 1}});
  other.connect();
  other_log.wait_for("closed 4401");
  EXPECT_THROW(waits.get(), ClientError);
  EXPECT_EQ(other.state(), ClientState::closed);
}

TEST_F(ClientEndsTest, ConnectionOutlivesItsToken) {
  start(1);
  std::atomic<int> given{0};
  ClientOptions options = quick();
  options.token = [&] {
    ++given;
    return token("alice", Options().ttl(3s));
  };
  Client client(url(), options);
  log.watch(client);
  client.connect();
  eventually([&] { return given >= 3; });
  EXPECT_EQ(log.lines("reconnecting").size(), 0U);
  EXPECT_EQ(client.state(), ClientState::open);
}

TEST_F(ClientEndsTest, TokenFunctionThatFailsIsCalledAgain) {
  start(1);
  std::atomic<int> asked{0};
  ClientOptions options = quick();
  options.token = [&]() -> std::string {
    if (++asked == 1) throw std::runtime_error("no network");
    if (asked == 2) return "a\r\nb";
    return token("alice");
  };
  Client client(url(), options);
  log.watch(client);
  client.connect();
  EXPECT_EQ(log.wait_for("reconnecting"), "reconnecting 1006 no token: no network");
  EXPECT_NE(log.wait_for("reconnecting").find("a character"), std::string::npos);
  log.wait_for("open new");
}

TEST_F(ClientEndsTest, FreshTokenIsAcceptedAndAnotherUsersIsRefused) {
  start(1);
  Client client(url(), with_tokens({token("alice")}));
  client.connect();
  EXPECT_TRUE(client.refresh_token(token("alice")).get().is_null());
  try {
    client.refresh_token(token("bob")).get();
    FAIL() << "the token is another user's";
  } catch (const ClientError& error) {
    EXPECT_EQ(error.code(), "bad_token");
  }
}

TEST_F(ClientEndsTest, ClientThatIsSentAwayStaysAwayUntilConnect) {
  start(1);
  Client client(url(), with_tokens({token("alice")}));
  log.watch(client);
  client.connect();
  log.wait_for("open");
  echo.disconnect("alice", "enough");
  EXPECT_EQ(log.wait_for("closed"), "closed 4409 enough");
  client.connect();  // the application may begin anew
  log.wait_for("open new");
}

TEST_F(ClientEndsTest, TlsVerifiesTheServer) {
  const test::Certificate authority{test::CertificateSpec{"authority", "", true}};
  const test::Certificate server({}, &authority);
  const test::TemporaryFile ca(authority.pem());
  const test::TemporaryFile certificate(server.pem());
  const test::TemporaryFile key(server.key_pem());
  app.tls(TlsOptions(certificate.path(), key.path()));
  start(1);
  const ClientLoop loop;
  ClientOptions options = with_tokens({token("alice")});

  Client distrusts(loop, url("wss"), options);
  log.watch(distrusts);
  distrusts.connect();
  EXPECT_NE(log.wait_for("reconnecting 1006").find("TLS"), std::string::npos);

  options.ca_file = ca.path();
  Client trusts(loop, url("wss"), options);
  trusts.connect();
  EXPECT_TRUE(trusts.send({{"n", 1}}).get().is_null());

  options.ca_file.clear();
  options.insecure = true;
  Client careless(loop, url("wss"), options);
  careless.connect();
  EXPECT_TRUE(careless.send({{"n", 1}}).get().is_null());
  options.insecure = false;
  options.ca_file = "/nowhere.pem";
  EXPECT_THROW(Client(loop, url("wss"), options), ConfigError);
  EXPECT_THROW(Client("http://127.0.0.1/", options), ConfigError);
}

TEST_F(ClientEndsTest, PlainClientSendsAndReceivesMessagesAsTheyAre) {
  start(1);
  ClientOptions options = with_tokens({token("alice")});
  options.plain = true;
  Client client(url(), options);
  log.watch(client);
  client.on_binary(
      [&](std::span<const std::byte> bytes) { log.add("bytes " + test::text(bytes)); });
  client.connect();
  EXPECT_TRUE(client.send({{"n", 1}}).get().is_null());
  log.wait_for(R"(message {"n":1})");
  client.send_text("no { json");
  log.wait_for(R"(message "no { json")");
  client.send_binary(base::as_bytes("raw"));
  log.wait_for("bytes raw");
  client.post("typing");
  log.wait_for(R"(message "typing")");
  EXPECT_THROW(client.join("room").get(), ClientError);
  client.on_text([&](const std::string& text) { log.add("text " + text); });
  client.send_text("{ \"as\": 1 }");
  log.wait_for("text { \"as\": 1 }");
}

TEST_F(ClientEndsTest, ServerThatDoesNotSpeakV1IsLeft) {
  ScriptedServer server;
  Client client(server.url(), quick());
  log.watch(client);
  client.connect();
  {
    auto peer = server.accept();
    EXPECT_EQ(peer.field("Sec-WebSocket-Protocol"), "microframe.v1");
    peer.upgrade({});
    peer.hear();  // the client's Close
    peer.say_close(1000);
  }
  EXPECT_NE(log.wait_for("closed").find("ClientOptions::plain"), std::string::npos);
}

TEST_F(ClientEndsTest, HttpAnswerInsteadOfUpgradeDecidesWhetherToReconnect) {
  ScriptedServer server;
  Client client(server.url(), quick());
  log.watch(client);
  client.connect();
  server.accept().answer("HTTP/1.1 503 Full\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
  EXPECT_NE(log.wait_for("reconnecting 1006").find("503"), std::string::npos);
  server.accept().answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  log.wait_for("closed 4403");
}

TEST_F(ClientEndsTest, ClientReconnectsAfterByeAndOffersToResume) {
  ScriptedServer server;
  Client client(server.url(), quick());
  log.watch(client);
  client.connect();
  {
    auto peer = server.accept();
    peer.welcome();
    peer.say(R"({"t":"message","data":1})");
    log.wait_for("message 1");
    peer.say(R"({"t":"bye","code":4403,"reason":"move","reconnect":true,"retry_ms":1})");
    peer.say_close(4403);
    peer.hear();
  }
  log.wait_for("reconnecting 4403");
  std::optional<test::ScriptedPeer> next(server.accept());
  test::ScriptedPeer& peer = *next;
  EXPECT_EQ(peer.field("Sec-WebSocket-Protocol"), "microframe.v1, resume.s1.x.1.1");
  peer.welcome("s2");
  EXPECT_EQ(log.wait_for("open"), "open new");
  Reply reply = client.send({{"n", 1}});
  EXPECT_EQ(peer.hear(), R"({"t":"message","id":1,"data":{"n":1}})");
  peer.say(R"({"t":"ack","id":1,"data":"taken"})");
  EXPECT_EQ(reply.get(), "taken");
  client.close(4000, "done");
  EXPECT_EQ(peer.hear(),
            "\x0F\xA0"
            "done");
  peer.say_close(4000);
  next.reset();
  log.wait_for("closed 4000");
}

TEST_F(ClientEndsTest, SilentServerIsGivenUpAtEveryStage) {
  ScriptedServer server;
  ClientOptions options = quick();
  options.connect_time = options.answer_time = 100ms;
  Client client(server.url(), options);
  log.watch(client);
  client.connect();
  auto mute = server.accept();
  log.wait_for("reconnecting 1006 no answer in time");
  auto shy = server.accept();
  shy.upgrade("microframe.v1");
  log.wait_for("reconnecting 1006 the server has not said welcome");
  auto dead = server.accept();
  dead.welcome("s1", "50");
  EXPECT_EQ(dead.hear(), R"({"t":"ping"})");
  log.wait_for("reconnecting 1006 the server has stopped answering");
}

TEST_F(ClientEndsTest, MessageThatCannotBeSentFailsAtOnce) {
  Client client("ws://127.0.0.1:1/", quick());
  const auto code_of = [](Reply reply) {
    try {
      reply.get();
    } catch (const ClientError& error) {
      return error.code();
    }
    return std::string("none");
  };
  const Json infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(code_of(client.send(infinite)), "invalid_json");
  EXPECT_EQ(code_of(client.send(Json("\xFF"))), "invalid_json");
  EXPECT_EQ(code_of(client.send_text("\xFF")), "invalid_json");
  EXPECT_THROW(client.close(1006), std::invalid_argument);
  EXPECT_THROW(client.close(1000, "\xFF"), std::invalid_argument);
  ClientOptions narrow = quick();
  narrow.queue_messages_max = 1;
  Client full("ws://127.0.0.1:1/", narrow);
  Reply waits = full.send({{"n", 1}});
  EXPECT_EQ(code_of(full.send({{"n", 2}})), "queue_full");
  full.close();
  EXPECT_EQ(code_of(std::move(waits)), "closed");
  EXPECT_EQ(code_of(full.send({{"n", 3}})), "closed");
}

}  // namespace
}  // namespace microframe
