// The user whom the AuthManager has authorized, as hooks find it at their socket.

#include <atomic>
#include <boost/json/object.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/diary.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::V1Client;

// Knows alice, whose name changes with each question.
class Register : public authx::AuthManager {
 public:
  std::atomic<int> asked{0};
  Task<std::optional<authx::User>> get_user_by_email(std::string) override {
    co_return std::nullopt;
  }
  Task<std::optional<authx::User>> get_user_by_id(std::string) override { co_return std::nullopt; }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
  Task<std::optional<authx::User>> authorize(const authx::Claims& claims) override {
    const int number = ++asked;
    if (claims.sub != "alice") co_return std::nullopt;
    co_await sleep_for(1ms);
    co_return authx::User(claims.sub, "alice@example.org",
                          {{"name", "Alice " + std::to_string(number)}});
  }
};

std::string name_of(const ws::WebSocket& socket) {
  const auto user = socket.authorized_user();
  return user ? user->id + " " + user->email + " " + text(user->data, "name") : "none";
}

class Named : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) { note("connect", socket); }
  Json on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    if (message.as_object().contains("token")) socket.refresh_token(text(message, "token"));
    return Json(name_of(socket));
  }
  bool can_join(ws::WebSocket& socket, const ws::UserId&, const std::string&) {
    note("can_join", socket);
    return true;
  }
  void on_join(ws::WebSocket& socket, const ws::UserId&, const std::string&) {
    note("join", socket);
  }
  void on_disconnect(ws::WebSocket& socket, const ws::UserId&) { note("disconnect", socket); }
  void on_session_expired(ws::WebSocket& socket, const ws::UserId&) { note("expired", socket); }
  void on_leave(ws::WebSocket& socket, const ws::UserId&, const std::string&) {
    note("leave", socket);
  }
  test::Diary told;

 private:
  void note(const std::string& hook, const ws::WebSocket& socket) {
    told.note(hook + ": " + name_of(socket));
  }
};

class AuthorizedUserTest : public test::AppTest {
 protected:
  Register users;
};

TEST_F(AuthorizedUserTest, IsSeenByEveryHookAndRenewedByAFreshTokenAndAResume) {
  limits.session_ttl = 300ms;
  Named& named = app.route<Named>("/ws", auth, users);
  start(2);
  const auto stream = [&] { return std::make_unique<RawClient>(app.port()); };
  V1Client alice(stream(), token("alice"));
  const std::string first = "alice alice@example.org Alice 1";
  EXPECT_EQ(alice.ask(Json(boost::json::object())).at("data"), Json(first));
  alice.join("r");
  alice.send({{"t", "refresh"}, {"id", 3}, {"token", token("alice")}});
  EXPECT_EQ(text(alice.answer_to(3), "t"), "ack");
  alice.set_sent(3);
  const std::string second = "alice alice@example.org Alice 2";
  EXPECT_EQ(alice.ask(Json(boost::json::object())).at("data"), Json(second));
  EXPECT_EQ(users.asked, 2) << "hooks cost the store no question";
  alice.lose();
  eventually([&] { return !named.is_connected("alice"); });
  V1Client back(stream(), token("alice"), &alice);
  ASSERT_TRUE(back.resumed());
  back.set_sent(alice.sent());
  const std::string third = "alice alice@example.org Alice 3";
  EXPECT_EQ(back.ask(Json(boost::json::object())).at("data"), Json(third));
  back.lose();
  const std::vector<std::string> expected = {
      "connect: " + first, "can_join: " + first,   "join: " + first,    "disconnect: " + second,
      "connect: " + third, "disconnect: " + third, "expired: " + third, "leave: " + third};
  eventually([&] { return named.told.lines().size() >= expected.size(); });
  EXPECT_EQ(named.told.lines(), expected);
}

TEST_F(AuthorizedUserTest, IsRenewedBySocketRefreshTokenWhenTheAnswerComes) {
  app.route<Named>("/ws", auth, users);
  start(1);
  RawClient alice = client("alice");
  alice.send_text(R"({"token":")" + token("alice") + "\"}");
  std::string seen = alice.read_text();
  for (int i = 0; i < 2000 && seen.find("Alice 2") == std::string::npos; ++i) {
    alice.send_text("{}");
    seen = alice.read_text();
  }
  EXPECT_EQ(seen, "\"alice alice@example.org Alice 2\"");
  // Of a user who is refused nothing is taken.
  alice.send_text(R"({"token":")" + token("bob") + "\"}");
  EXPECT_EQ(alice.read_text(), "\"alice alice@example.org Alice 2\"");
}

TEST_F(AuthorizedUserTest, IsNobodyOnARouteWithoutAnAuthManager) {
  app.route<Named>("/ws", auth);
  start(1);
  RawClient alice = client("alice");
  alice.send_text("{}");
  EXPECT_EQ(alice.read_text(), "\"none\"");
  alice.send_text(R"({"token":")" + token("alice") + "\"}");
  EXPECT_EQ(alice.read_text(), "\"none\"");
}

}  // namespace
}  // namespace microframe
