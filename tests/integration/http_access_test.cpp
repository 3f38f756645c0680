// Whom handlers of HTTP answer, and until when: tokens and cookies, limits, the end of the server; and
// the operator's listener.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "support/chats.hpp"
#include "support/http.hpp"
#include "support/served.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::HttpAnswer;
using test::next_answer;
using test::rejected;
using test::request;

class HttpAccess : public test::Http {};

// --- who asks ---

class KnownUsers : public authx::AuthManager {
 public:
  Task<std::optional<authx::User>> get_user_by_email(std::string) override {
    co_return std::nullopt;
  }
  Task<std::optional<authx::User>> get_user_by_id(std::string id) override {
    co_await sleep_for(1ms);
    std::optional<authx::User> user;
    if (id != "stranger") user.emplace(id, id + "@app.example");
    co_return user;
  }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
};

TEST_F(HttpAccess, HandlerIsGivenTheUser) {
  KnownUsers users;
  const auto who = [](const HttpRequest& got) -> Json {
    return {{"user", got.user()},
            {"email", got.authorized_user() ? got.authorized_user()->email : ""}};
  };
  app.get("/token", auth, who);
  app.get("/account", auth, users, who);
  app.post("/account", auth, users, who);
  start();
  EXPECT_EQ(get("/token", bearer("alice")).body, R"({"user":"alice","email":""})");
  EXPECT_EQ(get("/account", bearer("alice")).body,
            R"({"user":"alice","email":"alice@app.example"})");
  EXPECT_EQ(post("/account", "{}", bearer("alice")).status, 200U);
  EXPECT_EQ(get("/token?token=" + token("bob")).body, R"({"user":"bob","email":""})");
  const HttpAnswer stranger = get("/account", bearer("stranger"));
  EXPECT_EQ(stranger.status, 401U);
  EXPECT_EQ(stranger.field("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(get("/token").status, 401U);
  EXPECT_EQ(get("/token", "Authorization: Bearer x.y.z\r\n").status, 401U);
  EXPECT_EQ(get("/token", "Authorization: Basic YTpi\r\n").status, 401U);
  app.revoke("alice");
  EXPECT_EQ(get("/token", bearer("alice")).status, 401U) << "revoked";
}

class SilentUsers : public KnownUsers {
 public:
  Task<std::optional<authx::User>> get_user_by_id(std::string id) override {
    co_await sleep_for(1h);
    co_return authx::User(id, "");
  }
};

TEST_F(HttpAccess, UserStoreThatDoesNotAnswerIsNotWaitedForLong) {
  limits.auth_time = 300ms;
  SilentUsers users;
  app.get("/x", auth, users, [](const HttpRequest&) -> Json { return 1; });
  start();
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(get("/x", bearer("alice")).status, 503U);
  expect_ended_at(300ms, begun);
  EXPECT_EQ(rejected(app.port(), "auth_timeout"), 1);
}

TEST_F(HttpAccess, BodyOfAStrangerIsNotWaitedFor) {
  app.post("/x", auth, [](const HttpRequest&) -> Json { return 1; });
  start();
  const char* fields = "Expect: 100-continue\r\nContent-Length: 1000\r\n";
  EXPECT_EQ(ask(request("POST /x", fields)).status, 401U);
}

TEST_F(HttpAccess, CookieIsHonouredFromAnAllowedOriginAlone) {
  app.get("/x", auth, [](const HttpRequest&) -> Json { return 1; });
  app.post("/x", auth, [](const HttpRequest&) -> Json { return 2; });
  start();
  const std::string cookie = "Cookie: access_token=" + token("alice") + "\r\n";
  const std::string own = "Origin: https://app.example\r\n";
  const std::string foreign = "Origin: https://evil.example\r\n";
  struct Case {
    const char* method;
    std::string origin;
    unsigned status;
  };
  for (const Case& c : {Case{"POST", own, 200}, Case{"POST", foreign, 403}, Case{"POST", "", 403},
                        Case{"POST", "Origin: null\r\n", 403}, Case{"GET", own, 200},
                        Case{"GET", "", 200}, Case{"GET", foreign, 403}, Case{"HEAD", "", 200}}) {
    test::RawClient client = raw();
    client.send(request(std::string(c.method) + " /x", cookie + c.origin));
    EXPECT_EQ(client.read_status(), c.status) << c.method << " " << c.origin;
  }
  EXPECT_EQ(post("/x", "", bearer("alice") + foreign).status, 200U)
      << "no browser sends a bearer token by itself";
}

TEST_F(HttpAccess, LoginSetsACookieThatOpensAWebSocket) {
  app.route<test::EchoChat>("/ws", auth);
  app.post("/login", [this](const HttpRequest& got) -> HttpResponse {
    const Json body = got.json();
    if (text(body, "password") != "secret") throw authx::CredentialsException();
    HttpResponse response = HttpResponse::json({{"user", text(body, "user")}});
    response.set_cookie(Cookie("access_token", token(text(body, "user"))).max_age(15min));
    return response;
  });
  start();
  EXPECT_EQ(post("/login", R"({"user":"alice","password":"guess"})").status, 401U);
  const HttpAnswer login = post("/login", R"({"user":"alice","password":"secret"})");
  ASSERT_EQ(login.status, 200U);
  const std::string set = login.field("Set-Cookie");
  EXPECT_NE(set.find("; HttpOnly"), std::string::npos);
  const std::string cookie = "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  test::RawClient client = raw();
  client.send(test::upgrade_request("/ws", cookie + "Origin: https://app.example\r\n"));
  EXPECT_EQ(client.read_status(), 101U);
  client.send_text("hello");
  EXPECT_EQ(client.read_text(), "hello");
}

// --- limits ---

TEST_F(HttpAccess, RequestsOfAnAddressAreCountedAsHandshakes) {
  limits.connections_per_address_max = 5;
  limits.handshakes_per_address_per_second = 0.001;
  app.get("/x", [](const HttpRequest&) -> Json { return 1; });
  start();
  test::RawClient client = test::client_from("127.0.0.3", app.port());
  unsigned answered = 0;
  HttpAnswer answer;
  for (int i = 0; i < 20; ++i) {
    client.send(request("GET /x"));
    answer = next_answer(client);
    if (answer.status != 200) break;
    ++answered;
  }
  EXPECT_EQ(answered, 10U) << "twice as many as it may have connections";
  EXPECT_EQ(answer.status, 429U);
  EXPECT_EQ(answer.field("Retry-After"), "5");
  EXPECT_EQ(rejected(app.port(), "address_flood"), 1);
  EXPECT_EQ(get("/x").status, 200U) << "of another address";
}

TEST_F(HttpAccess, ConnectionPastALimitIsRefused) {
  limits.connections_per_address_max = 2;
  app.get("/x", [](const HttpRequest&) -> Json { return 1; });
  start();
  std::vector<test::RawClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(test::client_from("127.0.0.3", app.port()));
    clients.back().send(request("GET /x"));
    EXPECT_EQ(next_answer(clients.back()).status, 200U);
  }
  test::RawClient third = test::client_from("127.0.0.3", app.port());
  third.send(request("GET /x"));
  EXPECT_EQ(next_answer(third).status, 429U);
}

TEST_F(HttpAccess, EachRequestOfAProxyIsItsClients) {
  limits.connections_per_address_max = 1;
  app.trusted_proxies(TrustedProxies({"127.0.0.0/8"}));
  app.get("/x", [](const HttpRequest& got) -> Json { return Json(got.remote_address()); });
  start();
  test::RawClient first = raw();
  const auto ask_as = [&](test::RawClient& client, const std::string& address) {
    client.send(request("GET /x", "X-Forwarded-For: " + address + "\r\n"));
    return next_answer(client);
  };
  EXPECT_EQ(ask_as(first, "203.0.113.7").body, "\"203.0.113.7\"");
  EXPECT_EQ(ask_as(first, "203.0.113.8").body, "\"203.0.113.8\"");
  test::RawClient second = raw();
  EXPECT_EQ(ask_as(second, "203.0.113.7").status, 200U) << "it has left the first connection";
  EXPECT_EQ(ask_as(second, "203.0.113.8").status, 429U);
}

// --- the end ---

TEST_F(HttpAccess, RequestUnderWayIsAnsweredBeforeTheServerEnds) {
  std::atomic<bool> began{false};
  app.get("/slow", [&](const HttpRequest&) -> Task<Json> {
    began = true;
    co_await sleep_for(300ms);
    Json done = "done";
    co_return done;
  });
  start();
  test::RawClient idle = raw();
  idle.send(request("OPTIONS *"));
  test::RawClient client = raw();
  client.send(request("GET /slow"));
  eventually([&] { return began.load(); });
  app.stop();
  const HttpAnswer answer = next_answer(client);
  EXPECT_EQ(answer.body, "\"done\"");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(client.at_end());
  app.wait();
}

TEST_F(HttpAccess, RequestThatTakesLongerThanTheDrainIsDropped) {
  limits.drain_time = 300ms;
  std::atomic<bool> began{false};
  app.get("/never", [&](const HttpRequest&) -> Task<Json> {
    began = true;
    co_await sleep_for(1h);
    Json done = "done";
    co_return done;
  });
  start();
  test::RawClient client = raw();
  client.send(request("GET /never"));
  eventually([&] { return began.load(); });
  const auto begun = std::chrono::steady_clock::now();
  app.stop();
  app.wait();
  expect_ended_at(300ms, begun);
  EXPECT_EQ(client.read_all(), "");
}

// --- admin ---

class Admin : public testing::Test {
 protected:
  static HttpAnswer ask(std::uint16_t port, const std::string& bytes) {
    test::RawClient client(port);
    client.send(bytes);
    return next_answer(client);
  }
  static unsigned status(std::uint16_t port, const std::string& path) {
    return ask(port, request("GET " + path)).status;
  }

  Application app;
};

TEST_F(Admin, HasAnAddressOfItsOwn) {
  app.admin("127.0.0.1:0")
      .get("/users", [](const HttpRequest&) -> Json { return {"alice"}; })
      .post("/revoke/{user}",
            [this](const HttpRequest& got) -> Json { return app.revoke(got.parameter("user")); });
  app.get("/users", [](const HttpRequest&) { return HttpResponse::text("public"); });
  app.start("127.0.0.1:0");
  for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
    EXPECT_EQ(status(app.admin_port(), path), 200U) << path;
    EXPECT_EQ(status(app.port(), path), 404U) << path;
  }
  EXPECT_EQ(test::metric(app.admin_port(), "microframe_http_requests_total"), 0);
  EXPECT_EQ(ask(app.admin_port(), request("GET /users")).body, R"(["alice"])");
  EXPECT_EQ(ask(app.port(), request("GET /users")).body, "public");
  EXPECT_EQ(ask(app.admin_port(), request("POST /revoke/alice")).body, "0");
  EXPECT_EQ(ask(app.port(), request("POST /revoke/alice")).status, 404U);
  EXPECT_EQ(test::metric(app.admin_port(), "microframe_http_requests_total"), 3);
}

TEST_F(Admin, IsNowhereUnlessAskedFor) {
  app.start("127.0.0.1:0");
  EXPECT_EQ(app.admin_port(), 0);
  for (const char* path : {"/healthz", "/readyz", "/metrics"})
    EXPECT_EQ(status(app.port(), path), 404U) << path;
}

TEST_F(Admin, MayBePublic) {
  app.admin("public").get("/own", [](const HttpRequest&) -> Json { return 1; });
  app.get("/readyz", [](const HttpRequest&) { return HttpResponse::text("my own"); });
  app.start("127.0.0.1:0");
  EXPECT_EQ(status(app.port(), "/healthz"), 200U);
  EXPECT_EQ(ask(app.port(), request("GET /own")).body, "1");
  EXPECT_EQ(ask(app.port(), request("GET /readyz")).body, "my own");
}

}  // namespace
}  // namespace microframe
