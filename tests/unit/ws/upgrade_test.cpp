// The steps of a handshake in their order, and what each of them refuses.
#include "ws/upgrade.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "unit/ws/loop_site.hpp"

namespace microframe::ws {
namespace {

using guard::Rejection;
using test::frame;
using test::Journal;
using test::kHour;
using test::LoopSite;
using test::patient_limits;
using test::RawClient;
using test::token_of;
using test::upgrade_request;
using Lines = Journal::Lines;
using Kind = Resident::Kind;

// Notes whom it is asked for; the name says what it answers.
class Users final : public authx::AuthManager {
 public:
  explicit Users(test::JournalChat::Notes& notes) : notes_(notes) {}

  Task<std::optional<authx::User>> get_user_by_email(std::string) override { co_return none(); }
  Task<std::optional<authx::User>> get_user_by_id(std::string) override { co_return none(); }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
  Task<std::optional<authx::User>> authorize(const authx::Claims& claims) override {
    if (claims.sub == "throws at once") throw std::runtime_error("no database");
    return look_up(claims.sub);
  }

 private:
  static std::optional<authx::User> none() { return std::nullopt; }
  Task<std::optional<authx::User>> look_up(std::string user) {
    notes_.journal.note("asked for " + user);
    if (user == "throws") throw std::runtime_error("no database");
    if (user.starts_with("waits")) {
      test::Gate::Wait wait(notes_.gate);
      co_await wait;
    }
    if (user == "waits, then throws") throw 42;
    if (user == "stranger" || user == "waits as a stranger") co_return std::nullopt;
    co_return authx::User(user, "");
  }

  test::JournalChat::Notes& notes_;
};

std::string bearer(std::string_view user) {
  return "Authorization: Bearer " + token_of(user) + "\r\n";
}

// One endpoint at /ws, whose users are looked up if asked for.
class UpgradeTest : public testing::Test {
 protected:
  enum class LookUp : bool { no, yes };

  void serve(const Limits& limits = patient_limits(), LookUp look_up = LookUp::no,
             const authx::AuthConfig& config = LoopSite::auth()) {
    site.emplace(limits);
    users.emplace(site->notes);
    site->add_chat(look_up == LookUp::yes ? &*users : nullptr, config);
    site->start();
  }
  static authx::AuthConfig refusing_by_http() {
    authx::AuthConfig config = LoopSite::auth();
    config.auth_refusal = authx::AuthRefusal::http;
    return config;
  }
  RawClient request(const std::string& fields, const std::string& early = "") {
    RawClient client = site->connect();
    client.send(upgrade_request("/ws", fields) + early);
    return client;
  }
  Lines lines() { return site->journal.lines(); }

  std::optional<Users> users;  // outlives the site
  std::optional<LoopSite> site;
};

// --- it opens ---

TEST_F(UpgradeTest, GoodRequestBecomesADevice) {
  serve();
  RawClient client = request(bearer("alice"));
  const std::string head = client.read_head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Sec-WebSocket-Protocol"), std::string::npos);
  EXPECT_TRUE(site->journal.wait_for("connect alice"));
  EXPECT_EQ(site->count(Kind::device), 1U);
  EXPECT_EQ(site->count(Kind::http), 0U);
}

TEST_F(UpgradeTest, FramesBehindTheRequestAreReadAfterOnConnect) {
  serve();
  RawClient client = request(bearer("alice"), frame(0x81, R"({"do":"echo"})"));
  EXPECT_EQ(client.read_status(), 101U);
  EXPECT_EQ(client.read_text(), R"({"do":"echo"})");
  EXPECT_EQ(lines(), (Lines{"connect alice", "echo"}));
}

TEST_F(UpgradeTest, SubprotocolAndExtensionsAreAnswered) {
  serve();
  RawClient client = request(bearer("alice") +
                             "Sec-WebSocket-Protocol: chat, other\r\n"
                             "Sec-WebSocket-Extensions: x-unknown\r\n"
                             "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  const std::string head = client.read_head();
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: chat\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Extensions: permessage-deflate"), std::string::npos) << head;
  ASSERT_TRUE(site->journal.wait_for("connect alice"));
  site->on_loop([&] { EXPECT_EQ(site->notes.handles.front().subprotocol(), "chat"); });
}

TEST_F(UpgradeTest, TokenThatIsEchoedAsTheSubprotocolIsNotToldToTheApplication) {
  serve();
  const std::string offered = "token." + token_of("alice");
  RawClient client = request("Sec-WebSocket-Protocol: " + offered + "\r\n");
  EXPECT_NE(client.read_head().find("Sec-WebSocket-Protocol: " + offered + "\r\n"),
            std::string::npos);
  ASSERT_TRUE(site->journal.wait_for("connect alice"));
  site->on_loop([&] { EXPECT_EQ(site->notes.handles.front().subprotocol(), ""); });
}

// --- each refusal has its status and its count ---

TEST_F(UpgradeTest, HeadsThatAreNoHandshakeAreRefused) {
  struct Case {
    const char* clause;
    std::string head;
    unsigned status;
    Rejection why;
  };
  const std::string good = upgrade_request("/ws", bearer("alice"));
  const auto with = [&](std::string_view what, std::string_view instead) {
    std::string head = good;
    return head.replace(head.find(what), what.size(), instead);
  };
  const Case cases[] = {
      {"no Upgrade", with("Upgrade: websocket\r\n", ""), 426, Rejection::upgrade_required},
      {"§4.2.1 another version", with("Version: 13", "Version: 8"), 426,
       Rejection::upgrade_required},
      {"§4.2.1 no GET", with("GET", "POST"), 405, Rejection::bad_request},
      {"§4.2.1 a key that is none", with("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400,
       Rejection::bad_request},
      {"§4.1 a subprotocol twice",
       with("Upgrade: websocket\r\n", "Upgrade: websocket\r\nSec-WebSocket-Protocol: a, a\r\n"),
       400, Rejection::bad_request},
  };
  for (const Case& one : cases) {
    serve();
    RawClient client = site->connect();
    client.send(one.head);
    EXPECT_EQ(client.read_status(), one.status) << one.clause;
    EXPECT_EQ(site->rejections(one.why), 1U) << one.clause;
    EXPECT_EQ(lines(), Lines{}) << one.clause;
  }
}

TEST_F(UpgradeTest, WithoutAGoodTokenTheRefusalIsSaidInsideTheHandshake) {
  serve();
  for (const char* fields : {"", "Authorization: Bearer no.good.token\r\n"}) {
    RawClient client = request(fields);
    EXPECT_EQ(client.read_status(), 101U);
    EXPECT_EQ(client.read_text(), R"({"error":"unauthorized"})");
    EXPECT_EQ(client.read_frame().close_code(), 4401U);
    EXPECT_TRUE(client.at_end());
  }
  EXPECT_EQ(site->rejections(Rejection::unauthenticated), 2U);
  EXPECT_EQ(lines(), Lines{});
  EXPECT_EQ(site->count(Kind::device), 0U);
}

TEST_F(UpgradeTest, WithoutAGoodTokenARouteMayAnswerByHttp) {
  serve(patient_limits(), LookUp::no, refusing_by_http());
  RawClient client = request("");
  const std::string head = client.read_head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 401 ")) << head;
  EXPECT_NE(head.find("WWW-Authenticate: Bearer\r\n"), std::string::npos);
  EXPECT_EQ(site->rejections(Rejection::unauthenticated), 1U);
}

TEST_F(UpgradeTest, CookieFromAForeignOriginIsRefused) {
  serve();
  RawClient client =
      request("Cookie: access_token=" + token_of("alice") + "\r\nOrigin: https://evil.example\r\n");
  EXPECT_EQ(client.read_status(), 403U);
  EXPECT_EQ(site->rejections(Rejection::forbidden_origin), 1U);
}

TEST_F(UpgradeTest, RevokedTokensAreRefused) {
  serve();
  const std::string fields = bearer("alice");
  site->site.registries.revocations.revoke(
      "alice", std::chrono::system_clock::now() + std::chrono::seconds(5));
  RawClient client = request(fields);
  EXPECT_EQ(client.read_status(), 101U);
  EXPECT_EQ(client.read_close(), 4401U);
  EXPECT_EQ(site->rejections(Rejection::unauthenticated), 1U);
  EXPECT_EQ(site->count(Kind::device), 0U);
}

// --- the order of the steps ---

// Each request is wrong in several ways; the earliest step's refusal is the answer.
TEST_F(UpgradeTest, TheEarliestStepThatRefusesDecides) {
  struct Case {
    const char* what;
    std::string fields;
    std::string version;
    unsigned status;
    Lines asked;
  };
  const std::string foreign = "\r\nOrigin: https://evil.example\r\n";
  const Case cases[] = {
      {"head before token", "Authorization: Bearer no.good.token\r\n", "8", 426, {}},
      {"origin before key", "Cookie: access_token=no.good.token" + foreign, "13", 403, {}},
      {"key before user", "Authorization: Bearer no.good.token\r\n", "13", 401, {}},
      {"user before session",
       bearer("stranger") + "Sec-WebSocket-Protocol: microframe.v1, resume.none.none.0\r\n",
       "13",
       401,
       {"asked for stranger"}},
      {"all is well", bearer("alice"), "13", 101, {"asked for alice", "connect alice"}},
  };
  for (const Case& one : cases) {
    serve(patient_limits(), LookUp::yes, refusing_by_http());
    std::string head = upgrade_request("/ws", one.fields);
    head.replace(head.find("Version: 13"), 11, "Version: " + one.version);
    RawClient client = site->connect();
    client.send(head);
    EXPECT_EQ(client.read_status(), one.status) << one.what;
    EXPECT_EQ(site->journal.wait_for(one.asked.size()), one.asked) << one.what;
  }
}

// --- the AuthManager ---

TEST_F(UpgradeTest, UsersWhomTheAuthManagerDoesNotKnowAreRefused) {
  serve(patient_limits(), LookUp::yes, refusing_by_http());
  EXPECT_EQ(request(bearer("stranger")).read_status(), 401U);
  EXPECT_EQ(site->rejections(Rejection::unauthenticated), 1U);
  RawClient late = request(bearer("waits as a stranger"));
  ASSERT_TRUE(site->journal.wait_for("asked for waits as a stranger"));
  site->open_gate();
  EXPECT_EQ(late.read_status(), 401U);
  EXPECT_EQ(site->rejections(Rejection::unauthenticated), 2U);
}

TEST_F(UpgradeTest, FramesThatComeWhileTheAuthManagerThinksAreReadAfterOnConnect) {
  serve(patient_limits(), LookUp::yes);
  RawClient client = request(bearer("waits"), frame(0x81, R"({"do":"echo","n":1})"));
  ASSERT_TRUE(site->journal.wait_for("asked for waits"));
  EXPECT_EQ(site->site.registries.admission.authentications().taken(), 1U);
  const std::string second = frame(0x81, R"({"do":"echo","n":2})");
  client.send(second.substr(0, 5));
  site->settle();
  EXPECT_EQ(lines(), Lines{"asked for waits"});
  site->open_gate();
  EXPECT_EQ(client.read_status(), 101U);
  client.send(second.substr(5));
  EXPECT_EQ(client.read_text(), R"({"do":"echo","n":1})");
  EXPECT_EQ(client.read_text(), R"({"do":"echo","n":2})");
  EXPECT_EQ(lines(), (Lines{"asked for waits", "connect waits", "echo", "echo"}));
  EXPECT_EQ(site->site.registries.admission.authentications().taken(), 0U);
}

TEST_F(UpgradeTest, AuthManagerThatThrowsIsAnsweredWith503) {
  serve(patient_limits(), LookUp::yes);
  EXPECT_EQ(request(bearer("throws at once")).read_status(), 503U);
  EXPECT_EQ(request(bearer("throws")).read_status(), 503U);
  RawClient late = request(bearer("waits, then throws"));
  ASSERT_TRUE(site->journal.wait_for("asked for waits, then throws"));
  site->open_gate();
  EXPECT_EQ(late.read_status(), 503U);
  EXPECT_EQ(site->rejections(Rejection::auth_failed), 3U);
  EXPECT_EQ(site->site.registries.admission.authentications().taken(), 0U);
}

TEST_F(UpgradeTest, AnswerThatComesTooLateOpensNothing) {
  serve(patient_limits(), LookUp::yes);
  RawClient client = request(bearer("waits"));
  ASSERT_TRUE(site->journal.wait_for("asked for waits"));
  site->pass(kHour + std::chrono::seconds(1));
  EXPECT_EQ(client.read_status(), 503U);
  EXPECT_EQ(site->rejections(Rejection::auth_timeout), 1U);
  EXPECT_EQ(site->count(Kind::http), 1U) << "its answer is on its way";
  site->open_gate();
  EXPECT_EQ(lines(), Lines{"asked for waits"});
  EXPECT_EQ(site->count(Kind::device), 0U);
  EXPECT_EQ(site->site.registries.admission.authentications().taken(), 0U);
}

TEST_F(UpgradeTest, ClientThatHangsUpWhileTheAuthManagerThinksIsForgotten) {
  serve(patient_limits(), LookUp::yes);
  {
    const RawClient client = request(bearer("waits"));
    ASSERT_TRUE(site->journal.wait_for("asked for waits"));
  }
  while (site->count(Kind::http) != 0) site->settle();
  site->on_loop([&] { EXPECT_EQ(site->notes.gate.waiting(), 0U) << "the coroutine is destroyed"; });
  EXPECT_EQ(site->site.registries.admission.connections(), 0U);
  EXPECT_EQ(site->site.registries.admission.authentications().taken(), 0U);
}

TEST_F(UpgradeTest, TooManyBytesBeforeTheAnswerAreRefused) {
  Limits limits = patient_limits();
  limits.auth_bytes_max = 100;
  serve(limits, LookUp::yes);
  const std::string half = frame(0x81, std::string(60, 'x'));
  RawClient at_once = request(bearer("waits"), half + half);
  EXPECT_EQ(at_once.read_status(), 503U);
  EXPECT_EQ(lines(), Lines{}) << "the AuthManager is not asked for such a one";
  RawClient later = request(bearer("waits"), half);
  ASSERT_TRUE(site->journal.wait_for("asked for waits"));
  later.send(half);
  EXPECT_EQ(later.read_status(), 503U);
  EXPECT_EQ(site->rejections(Rejection::auth_flood), 2U);
  site->open_gate();
  EXPECT_EQ(site->count(Kind::device), 0U);
}

TEST_F(UpgradeTest, NoMoreUsersAreLookedUpAtOnceThanTheLimitSays) {
  Limits limits = patient_limits();
  limits.authentications_max = 1;
  serve(limits, LookUp::yes);
  RawClient first = request(bearer("waits"));
  ASSERT_TRUE(site->journal.wait_for("asked for waits"));
  RawClient second = request(bearer("alice"));
  const std::string head = second.read_head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 503 ")) << head;
  EXPECT_NE(head.find("Retry-After: 5\r\n"), std::string::npos);
  EXPECT_EQ(site->rejections(Rejection::auth_overload), 1U);
  site->open_gate();
  EXPECT_EQ(first.read_status(), 101U);
  EXPECT_EQ(request(bearer("alice")).read_status(), 101U);
}

// --- former sessions ---

// What a handshake with the former's offer becomes.
Json welcome_of(RawClient& client) {
  EXPECT_EQ(client.read_status(), 101U);
  return boost::json::parse(client.read_text());
}

TEST_F(UpgradeTest, OfferOfASessionThatIsNotTheClientsBeginsANewOne) {
  serve();
  RawClient alice = request(bearer("alice") + "Sec-WebSocket-Protocol: microframe.v1\r\n");
  const Json first = welcome_of(alice);
  const std::string name = text(first, "session");
  const std::string secret = text(first, "secret");
  const std::pair<const char*, std::string> offers[] = {
      {"alice", "resume." + name + "." + std::string(secret.size(), 'x') + ".0"},  // a guess
      {"alice", "resume.nobodys." + secret + ".0"},
      {"mallory", "resume." + name + "." + secret + ".0"},
  };
  for (const auto& [user, offer] : offers) {
    RawClient other =
        request(bearer(user) + "Sec-WebSocket-Protocol: microframe.v1, " + offer + "\r\n");
    const Json welcome = welcome_of(other);
    EXPECT_FALSE(welcome.at("resumed").as_bool()) << offer;
    EXPECT_NE(text(welcome, "session"), name) << offer;
  }
  alice.send_text(R"({"t":"message","id":1,"data":{"do":"echo"}})");
  EXPECT_EQ(alice.read_text(), R"({"t":"message","data":{"do":"echo"}})");
}

TEST_F(UpgradeTest, TooManyBytesBehindARequestToResumeLeaveTheSessionAlone) {
  Limits limits = patient_limits();
  limits.auth_bytes_max = 20;
  serve(limits);
  RawClient alice = request(bearer("alice") + "Sec-WebSocket-Protocol: microframe.v1\r\n");
  const Json first = welcome_of(alice);
  const std::string offer =
      ", resume." + text(first, "session") + "." + text(first, "secret") + ".0";
  RawClient flood =
      request(bearer("alice") + "Sec-WebSocket-Protocol: microframe.v1" + offer + "\r\n",
              frame(0x81, std::string(50, 'x')));
  EXPECT_EQ(flood.read_status(), 503U);
  EXPECT_EQ(site->rejections(Rejection::auth_flood), 1U);
  EXPECT_EQ(lines(), Lines{"connect alice"}) << "the session is where it was";
}

}  // namespace
}  // namespace microframe::ws
