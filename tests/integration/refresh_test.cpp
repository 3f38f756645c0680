// The ways in beside the handshake's: fresh tokens of a live connection, tokens from a clock that is
// ahead, cookies over TLS; and the last words of a peer whose stream ends with them.

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "support/app_fixture.hpp"
#include "support/chats.hpp"
#include "support/door.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::Door;
using test::RawClient;
using test::upgrade_request;
using test::V1Client;

// {"token": T} takes a fresh token; the answer says whether that was good, and what the claims say
// by then.
class RoleChat : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    std::optional<bool> good;
    if (message.as_object().contains("token")) good = socket.refresh_token(text(message, "token"));
    const Json claims = socket.claims();
    const auto left = socket.expires() - std::chrono::system_clock::now();
    socket.send({{"good", good.value_or(true)},
                 {"role", text_or(claims, "role", "none")},
                 {"long", left > 5min}});
  }
};

// Answers at once.
class Gate : public authx::AuthManager {
 public:
  std::atomic<bool> welcome{true};
  std::atomic<int> asked{0};
  Task<std::optional<authx::User>> get_user_by_email(std::string) override {
    co_return std::nullopt;
  }
  Task<std::optional<authx::User>> get_user_by_id(std::string id) override {
    ++asked;
    if (!welcome) co_return std::nullopt;
    co_return authx::User(id, "");
  }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
};

class Refresh : public test::AppTest {
 protected:
  std::string token_as(const std::string& role, std::chrono::seconds ttl = 600s) const {
    return token("alice", Options().ttl(ttl).claims({{"role", role}}));
  }
  RawClient open(const std::string& path, const std::string& jwt) const {
    RawClient made = raw();
    made.send(upgrade_request(path + "?token=" + jwt));
    EXPECT_EQ(made.read_status(), 101U);
    return made;
  }
  static std::string refresh(RawClient& client, const std::string& jwt) {
    client.send_text(R"({"token":")" + jwt + R"("})");
    return client.read_text();
  }
  static std::string state(RawClient& client) {
    client.send_text("{}");
    return client.read_text();
  }
};

TEST_F(Refresh, C20_AFreshTokensClaimsTakeThePlaceOfTheFormer) {
  app.route<RoleChat>("/role", auth);
  start();
  RawClient client = open("/role", token_as("admin", 60s));
  EXPECT_EQ(state(client), R"({"good":true,"role":"admin","long":false})");
  EXPECT_EQ(refresh(client, token("bob")), R"({"good":false,"role":"admin","long":false})");
  EXPECT_EQ(refresh(client, token_as("guest")), R"({"good":true,"role":"guest","long":true})");
  EXPECT_EQ(refresh(client, token("alice")), R"({"good":true,"role":"none","long":true})");
}

TEST_F(Refresh, C20_TheAuthManagerIsAskedAgain) {
  Gate users;
  app.route<RoleChat>("/role", auth, users);
  start();
  RawClient client = open("/role", token_as("admin", 60s));
  EXPECT_EQ(refresh(client, token_as("guest")), R"({"good":true,"role":"guest","long":true})");
  EXPECT_EQ(users.asked, 2);
  users.welcome = false;
  EXPECT_EQ(refresh(client, token_as("admin", 3600s)),
            R"({"good":false,"role":"guest","long":true})");
  EXPECT_EQ(users.asked, 3);
  app.stop();
  app.wait();
}

TEST_F(Refresh, C20_AnAuthManagersLateAnswerTakesEffectWhenItComes) {
  Door users;
  users.opens = true;
  app.route<RoleChat>("/role", auth, users);
  start();
  RawClient client = open("/role", token_as("admin", 60s));
  users.opens = false;
  EXPECT_EQ(refresh(client, token_as("guest")), R"({"good":true,"role":"admin","long":false})");
  users.opens = true;
  std::string seen;
  for (int i = 0; i < 2000 && seen.find("guest") == std::string::npos; ++i) seen = state(client);
  EXPECT_EQ(seen, R"({"good":true,"role":"guest","long":true})");
  users.opens = users.welcome = false;
  EXPECT_EQ(refresh(client, token_as("king")), R"({"good":true,"role":"guest","long":true})");
  users.opens = true;
  eventually([&] { return users.asked == 3; });
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(state(client), R"({"good":true,"role":"guest","long":true})");
  app.stop();
  app.wait();
}

TEST_F(Refresh, C20_ASessionsRefreshWaitsForTheAuthManager) {
  Door users;
  users.opens = true;
  app.route<RoleChat>("/role", auth, users);
  start(1);
  V1Client client(std::make_unique<RawClient>(raw()), token_as("admin", 60s), nullptr, "/role");
  client.send({{"t", "refresh"}, {"id", 1}, {"token", token_as("guest")}});
  EXPECT_EQ(text(client.answer_to(1), "t"), "ack");
  users.welcome = false;
  client.send({{"t", "refresh"}, {"id", 2}, {"token", token_as("admin")}});
  EXPECT_EQ(text(client.answer_to(2), "code"), "bad_token");
  users.opens = false;  // for ever: the server ends meanwhile
  client.send({{"t", "refresh"}, {"id", 3}, {"token", token_as("admin")}});
  eventually([&] { return users.asked == 4; });
  app.stop();
  app.wait();
}

TEST_F(Refresh, C20_AnAuthManagerThatDoesNotAnswerRefuses) {
  limits.auth_time = 300ms;
  Door users;
  users.opens = true;
  app.route<RoleChat>("/role", auth, users);
  start(1);
  V1Client client(std::make_unique<RawClient>(raw()), token_as("admin", 60s), nullptr, "/role");
  users.opens = false;
  client.send({{"t", "refresh"}, {"id", 1}, {"token", token_as("guest")}});
  EXPECT_EQ(text(client.answer_to(1), "code"), "bad_token");
  app.stop();
  app.wait();
}

TEST_F(Refresh, C20_ATokenFromAClockThatIsAheadDoesNotOutliveARevocation) {
  app.route<test::EchoChat>("/ws", auth);
  start();
  const std::string ahead =
      authx::create_access_token(auth, "alice", {}, std::chrono::system_clock::now() + 1h);
  for (int i = 0; i < 2; ++i) {
    RawClient client = open("/ws", ahead);
    EXPECT_EQ(client.read_text(), R"({"error":"unauthorized"})");
    EXPECT_EQ(client.read_close(), 4401U);
    app.revoke("alice");
  }
}

TEST_F(Refresh, C20_WithALeewayARevocationReachesAheadAsFar) {
  auth.leeway = 60s;
  app.route<test::EchoChat>("/ws", auth);
  start();
  const std::string ahead =
      authx::create_access_token(auth, "alice", {}, std::chrono::system_clock::now() + 30s);
  RawClient client = open("/ws", ahead);
  client.send_text("in");
  EXPECT_EQ(client.read_text(), "in");
  app.revoke("alice");
  EXPECT_EQ(client.read_close(), 4409U);
  RawClient again = open("/ws", ahead);
  EXPECT_EQ(again.read_text(), R"({"error":"unauthorized"})");
}

TEST_F(Refresh, C21_BehindATrustedProxyThatSaysHttpsAPlainOriginIsNotTheServersOwn) {
  app.route<test::EchoChat>("/ws", auth);
  app.trusted_proxies(TrustedProxies({"127.0.0.1"}));
  start();
  const auto status = [&](const std::string& origin, const std::string& fields) {
    RawClient client = raw();
    client.send(upgrade_request("/ws", "Cookie: access_token=" + token("alice") +
                                           "\r\nOrigin: " + origin + "\r\n" + fields));
    return client.read_status();
  };
  const std::string https = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
  EXPECT_EQ(status("https://app.example", https), 101U);
  EXPECT_EQ(status("http://app.example", https), 403U);
  EXPECT_EQ(status("http://app.example", ""), 101U);
}

// RFC 6455 §7.1.1: who ends its stream with its Close, as Jetty's client does, still reads.
TEST_F(Refresh, B17_AnswersAndOurCloseFollowACloseThatCameWithTheEndOfTheStream) {
  app.route<test::EchoChat>("/ws", auth);
  start(1);
  for (int i = 0; i < 50; ++i) {
    RawClient peer = open("/ws", token("user" + std::to_string(i)));
    std::string all;
    for (int n = 0; n < 20; ++n) all += test::frame(0x81, "message " + std::to_string(n));
    peer.send(all + test::frame(0x88, std::string("\x03\xE8", 2)));
    ::shutdown(peer.fd(), SHUT_WR);
    for (int n = 0; n < 20; ++n) ASSERT_EQ(peer.read_text(), "message " + std::to_string(n));
    EXPECT_EQ(peer.read_close(), 1000U);
    EXPECT_TRUE(peer.at_end());
  }
}

}  // namespace
}  // namespace microframe
