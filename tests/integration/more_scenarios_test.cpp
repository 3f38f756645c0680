// Scenarios of issuers whose keys are fetched, of revocation, of a user store that hangs, and of floods: on
// real sockets, with a healthy neighbour that must go on undisturbed.

#include <atomic>
#include <chrono>
#include <memory>

#include "support/app_fixture.hpp"
#include "support/forge.hpp"
#include "support/jwks.hpp"
#include "support/key_server.hpp"
#include "support/sanitized.hpp"
#include "support/served.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::frame;
using test::KeyServer;
using test::RawClient;
using test::upgrade_request;
using Mode = KeyServer::Mode;

class Echo : public ws::ChatBase {
 public:
  std::atomic<int> connects{0};
  std::atomic<int> messages{0};
  std::atomic<int> disconnects{0};
  std::atomic<bool> was_revoked{false};
  void on_connect(ws::WebSocket&, const ws::UserId&) { ++connects; }
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    ++messages;
    socket.send(message);
  }
  void on_disconnect(ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason& reason) {
    was_revoked = reason.cause == ws::DisconnectCause::revoked;
    ++disconnects;
  }
};

// A neighbour that speaks at the beginning and at the end.
class Beside : public test::AppTest {
 protected:
  Echo& echo = app.route<Echo>("/ws", auth);
  std::optional<RawClient> neighbour;

  void begin(std::size_t threads = 1) {
    start(threads);
    neighbour = client("neighbour");
    still_here();
  }
  void still_here() {
    neighbour->send_text("still here");
    EXPECT_EQ(neighbour->read_text(), "still here");
  }
  void TearDown() override {
    if (neighbour) still_here();
    AppTest::TearDown();
  }
};

// --- keys of issuers ---

// An issuer: what it calls itself, and a key that it signs with, which may be replaced.
class Issuer {
 public:
  explicit Issuer(std::string iss) : iss_(std::move(iss)) { rotate("k1"); }

  // A new key; returns the set that has it alone.
  std::string rotate(std::string kid) {
    kid_ = std::move(kid);
    pair_ = test::ed25519_key();
    return keys();
  }
  std::string jwk() const { return test::ed25519_jwk(pair_, kid_); }
  std::string keys() const { return test::key_set({jwk()}); }
  const std::string& name() const { return iss_; }

  std::string token(std::string_view user) const { return token(user, kid_, iss_); }
  // more: further members of the header, each with a comma before.
  std::string token(std::string_view user, std::string_view kid, std::string_view iss,
                    const std::string& more = {}) const {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    const std::string times =
        ",\"iat\":" + std::to_string(now.count()) + ",\"exp\":" + std::to_string(now.count() + 900);
    const authx::AuthConfig config(pair_.private_pem, authx::Algorithm::EdDSA);
    return authx::forge(
        config, R"({"alg":"EdDSA")" + test::member("kid", kid) + more + "}",
        R"({"type":"access")" + test::member("sub", user) + test::member("iss", iss) + times + "}");
  }

 private:
  std::string iss_;
  std::string kid_;
  test::KeyPair pair_;
};

class Issued : public Beside {
 protected:
  Issuer issuer{"https://id.example"};
  KeyServer server{issuer.keys()};
  authx::JwksSource source = authx::JwksSource(server.url()).issuer(issuer.name());
  ws::ChatBase* keyed = nullptr;

  // Serves what the source's keys let in, once these have been fetched, or what there is of them.
  void begin_keyed(int fetches = 1) {
    keyed = &app.route<Echo>("/keyed", authx::AuthConfig::jwks(source));
    begin();
    eventually([&] { return server.fetches() >= fetches; });
  }
  RawClient ask(const std::string& token) const {
    RawClient made = raw();
    made.send(upgrade_request("/keyed?token=" + token));
    return made;
  }
  void expect_welcome(const std::string& token) {
    RawClient made = ask(token);
    ASSERT_EQ(made.read_status(), 101U);
    made.send_text("hello");
    EXPECT_EQ(made.read_text(), "hello");
  }
  void expect_refused(RawClient made) {
    EXPECT_EQ(made.read_status(), 101U);
    EXPECT_EQ(made.read_text(), R"({"error":"unauthorized"})");
    EXPECT_EQ(made.read_close(), 4401U);
  }
  void expect_unavailable(RawClient made) {
    const std::string head = made.read_head();
    EXPECT_EQ(head.substr(9, 3), "503") << head;
    EXPECT_NE(head.find("\r\nRetry-After: "), std::string::npos) << head;
  }
};

TEST_F(Issued, S18_AFloodOfUnknownKidsIsOneFetchACoolDown) {
  begin_keyed();
  expect_welcome(issuer.token("alice"));
  for (int i = 0; i < 200; ++i)
    expect_unavailable(ask(issuer.token("eve", "unknown" + std::to_string(i), issuer.name())));
  EXPECT_EQ(server.fetches(), 1) << "the cool-down is 30 s";
  expect_welcome(issuer.token("bob"));
}

TEST_F(Issued, S18_AllWhoWaitShareTheFetchAtTheCoolDownsEnd) {
  source.cool_down(1500ms);
  begin_keyed();
  expect_welcome(issuer.token("alice"));
  std::vector<RawClient> waiting;
  waiting.reserve(50);
  for (int i = 0; i < 50; ++i)
    waiting.push_back(ask(issuer.token("eve", "unknown" + std::to_string(i), issuer.name())));
  expect_welcome(issuer.token("bob"));  // whose key is known waits for nobody
  for (RawClient& one : waiting) expect_refused(std::move(one));
  // All had asked before the first was answered, unless this machine took longer than a cool-down for it.
  EXPECT_LE(server.fetches(), 3);
  EXPECT_EQ(test::metric(app.port(), "microframe_key_fetches_total"), server.fetches());
}

TEST_F(Issued, S18_ThoseWhoWaitHaveABound) {
  limits.authentications_max = 3;
  server.behave(Mode::hangs);
  begin_keyed();
  std::vector<RawClient> waiting;
  waiting.reserve(3);
  for (int i = 0; i < 3; ++i) waiting.push_back(ask(issuer.token("alice")));
  eventually([&] { return test::metric(app.port(), "microframe_key_waits") == 3; });
  expect_unavailable(ask(issuer.token("alice")));
  EXPECT_EQ(test::rejected(app.port(), "key_waits_full"), 1);
}

TEST_F(Issued, S19_OneKidAtTwoIssuersIsTwoKeys) {
  Issuer other("https://other.example");
  KeyServer others{other.keys()};
  keyed = &app.route<Echo>(
      "/keyed", authx::AuthConfig::jwks({source, authx::JwksSource(others.url()).issuer(other.name())}));
  begin();
  expect_welcome(issuer.token("alice"));
  expect_welcome(other.token("alice"));
  expect_refused(ask(issuer.token("eve", "k1", other.name())));
  expect_refused(ask(other.token("eve", "k1", issuer.name())));
  EXPECT_EQ(server.fetches() + others.fetches(), 2);
}

TEST_F(Issued, S20_WhatATokenSaysShapesNoUrl) {
  KeyServer trap{issuer.keys()};
  begin_keyed();
  const std::string url = trap.url();
  expect_refused(ask(issuer.token("eve", "k1", url)));
  expect_refused(ask(issuer.token("eve", "k1", url.substr(0, url.rfind('/')))));
  expect_refused(ask(issuer.token("eve", "k1", issuer.name() + "/../x")));
  expect_refused(ask(issuer.token("eve", "k1", issuer.name(), test::member("jku", url))));
  expect_refused(ask(issuer.token("eve", "k1", issuer.name(), test::member("x5u", url))));
  expect_unavailable(ask(issuer.token("eve", url, issuer.name())));
  expect_welcome(issuer.token("alice"));
  EXPECT_EQ(trap.fetches(), 0);
  EXPECT_EQ(server.fetches(), 1);
  EXPECT_TRUE(server.request().starts_with("GET /jwks.json HTTP/1.1\r\n")) << server.request();
}

TEST_F(Issued, S20_NoRedirectIsFollowed) {
  KeyServer trap{issuer.keys()};
  server.redirect_to(trap.url());
  begin_keyed();
  expect_unavailable(ask(issuer.token("alice")));
  EXPECT_EQ(trap.fetches(), 0);
}

// However the issuer's server misbehaves: keys that are known go on, and what nobody can tell is 503.
class Misbehaving : public Issued, public testing::WithParamInterface<Mode> {};

TEST_P(Misbehaving, S21_CachedKeysGoOnAndNewOnesAre503) {
  limits.auth_time = 400ms;
  source.cool_down(50ms).refresh_interval(50ms).fetch_time(100ms);
  begin_keyed();
  expect_welcome(issuer.token("alice"));
  const std::string known = issuer.token("bob");
  server.publish(issuer.rotate("k2"));
  server.behave(GetParam());
  const int before = server.fetches();
  eventually([&] { return server.fetches() >= before + 3; });
  expect_welcome(known);
  expect_unavailable(ask(issuer.token("carol")));
  EXPECT_GE(test::rejected(app.port(), "keys_unavailable"), 1);
  EXPECT_GE(test::metric(app.port(), "microframe_key_fetch_failures_total"), 1);
  EXPECT_LE(server.bytes_taken(), static_cast<std::size_t>(server.fetches()) << 23U) << "cut off early";
  server.behave(Mode::good);
  eventually([&] { return ask(issuer.token("carol")).read_status() == 101; });
  EXPECT_EQ(test::rejected(app.port(), "unauthenticated"), 0) << "no valid token was refused";
}

TEST_P(Misbehaving, S21_WithoutAnyKeysItIs503UntilTheyCome) {
  limits.auth_time = 400ms;
  source.cool_down(50ms).refresh_interval(50ms).fetch_time(100ms);
  server.behave(GetParam());
  begin_keyed();
  expect_unavailable(ask(issuer.token("alice")));
  server.behave(Mode::good);
  eventually([&] { return ask(issuer.token("alice")).read_status() == 101; });
  EXPECT_EQ(test::rejected(app.port(), "unauthenticated"), 0);
}

std::string name_of(const testing::TestParamInfo<Mode>& mode) {
  constexpr const char* kNames[] = {"Good", "Hangs", "Fails", "Huge", "Broken"};
  return kNames[static_cast<int>(mode.param)];
}
INSTANTIATE_TEST_SUITE_P(, Misbehaving, testing::Values(Mode::hangs, Mode::fails, Mode::huge, Mode::broken),
                         name_of);

TEST_F(Issued, S21_ARotatedKeyIsWaitedForAndItsTokenNotRefused) {
  source.cool_down(500ms);
  begin_keyed();
  expect_welcome(issuer.token("alice"));
  const std::string old = issuer.token("bob");
  server.publish(issuer.rotate("k2"));
  expect_welcome(issuer.token("carol"));  // nothing but this token tells of the rotation
  EXPECT_EQ(server.fetches(), 2);
  expect_refused(ask(old));  // the issuer has withdrawn its key
}

TEST_F(Issued, S21_KeysTooOldToBeTrustedAre503) {
  limits.auth_time = 200ms;
  source.cool_down(50ms).refresh_interval(50ms).fetch_time(100ms).age_max(1s);
  begin_keyed();
  expect_welcome(issuer.token("alice"));
  server.behave(Mode::fails);
  eventually([&] { return ask(issuer.token("alice")).read_status() == 503; });
  server.behave(Mode::good);
  eventually([&] { return ask(issuer.token("alice")).read_status() == 101; });
}

TEST_F(Issued, AClientThatGoesWhileItsKeyIsWaitedForLeavesNothing) {
  source.cool_down(3s);
  begin_keyed();
  expect_welcome(issuer.token("alice"));
  const auto waits = [&] { return test::metric(app.port(), "microframe_key_waits"); };
  std::vector<RawClient> gone;
  gone.reserve(10);
  for (int i = 0; i < 10; ++i) gone.push_back(ask(issuer.token("eve", "unknown", issuer.name())));
  eventually([&] { return waits() == 10; });
  for (RawClient& one : gone) one.reset();
  eventually([&] { return waits() == 0; });
  server.publish(issuer.rotate("k2"));
  expect_welcome(issuer.token("alice"));
}

TEST_F(Issued, WhatCannotBeIsRefusedAtStart) {
  using authx::AuthConfig;
  using authx::JwksSource;
  EXPECT_THROW(AuthConfig::jwks(JwksSource(server.url())), ConfigError);
  EXPECT_THROW(AuthConfig::jwks(JwksSource("http://id.example/jwks").issuer("x")), ConfigError);
  EXPECT_THROW(AuthConfig::jwks({source, source}), ConfigError);
  EXPECT_NO_THROW(AuthConfig::jwks(JwksSource("http://id.example/jwks").issuer("x").allow_http()));
}

// --- revocation ---

class Refresher : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    socket.send({{"good", socket.refresh_token(text(message, "token"))}});
  }
};

class Revoked : public Beside {
 protected:
  Echo& other = app.route<Echo>("/other", auth);

  // A token of a second that comes after every revocation so far.
  std::string later_token(std::string_view user) const {
    return authx::create_access_token(auth, user, {}, std::chrono::system_clock::now() + 2s);
  }
};

TEST_F(Revoked, S27_EveryDeviceIsClosedWith4409AndOldTokensAreRefused) {
  begin(2);
  const std::string old = token("alice");
  RawClient phone = client("alice");
  RawClient laptop = client("alice");
  RawClient elsewhere = client("alice", "/other");
  eventually([&] { return echo.connects == 3 && other.connects == 1; });
  EXPECT_EQ(app.revoke("alice"), 3U);
  for (RawClient* device : {&phone, &laptop, &elsewhere}) EXPECT_EQ(device->read_close(), 4409U);
  eventually([&] { return echo.disconnects == 2 && other.disconnects == 1; });
  EXPECT_TRUE(echo.was_revoked);
  for (const char* path : {"/ws", "/other"}) {
    RawClient again = raw();
    again.send(upgrade_request(path + "?token="s + old));
    EXPECT_EQ(again.read_status(), 101U);
    EXPECT_EQ(again.read_text(), R"({"error":"unauthorized"})");
    EXPECT_EQ(again.read_close(), 4401U);
  }
  RawClient back = raw();
  back.send(upgrade_request("/ws?token=" + later_token("alice")));
  EXPECT_EQ(back.read_status(), 101U);
  eventually([&] { return echo.is_connected("alice"); });
  EXPECT_EQ(test::rejected(app.port(), "revoked"), 3);
  EXPECT_EQ(app.revoke("nobody"), 0U);
}

TEST_F(Revoked, S27_AnOldTokenDoesNotExtendASession) {
  app.route<Refresher>("/refresh", auth);
  begin();
  const std::string old = token("alice");
  EXPECT_EQ(app.revoke("alice"), 0U);
  RawClient made = raw();
  made.send(upgrade_request("/refresh?token=" + later_token("alice")));
  EXPECT_EQ(made.read_status(), 101U);
  made.send_text(R"({"token":")" + old + R"("})");
  EXPECT_EQ(made.read_text(), R"({"good":false})");
  made.send_text(R"({"token":")" + later_token("alice") + R"("})");
  EXPECT_EQ(made.read_text(), R"({"good":true})");
}

TEST_F(Revoked, S27_DisconnectClosesTheDevicesOfOneEndpointAndRevokesNothing) {
  begin(2);
  RawClient here = client("alice");
  RawClient there = client("alice", "/other");
  eventually([&] { return echo.is_connected("alice") && other.is_connected("alice"); });
  EXPECT_EQ(echo.disconnect("alice"), 1U);
  EXPECT_EQ(here.read_close(), 4409U);
  there.send_text("on");
  EXPECT_EQ(there.read_text(), "on");
  RawClient back = client("alice");
  eventually([&] { return echo.is_connected("alice"); });
}

// Each of those who come while the user is revoked is closed or refused; nobody stays.
TEST_F(Revoked, S27_WhoComesMeanwhileIsNotMissed) {
  limits.devices_per_user_max = 1000;
  begin(2);
  const std::string old = token("alice");
  std::atomic<bool> begun{false};
  std::vector<RawClient> devices;
  std::thread coming([&] {
    for (int i = 0; i < 200; ++i) {
      devices.push_back(raw());
      devices.back().send(upgrade_request("/ws?token=" + old));
      begun = i >= 20;
    }
  });
  while (!begun) std::this_thread::yield();
  app.revoke("alice");
  coming.join();
  for (RawClient& device : devices) {
    EXPECT_EQ(device.read_status(), 101U);
    const unsigned code = device.read_close();
    EXPECT_TRUE(code == 4409 || code == 4401) << code;
  }
  eventually([&] { return !echo.is_connected("alice"); });
}

// Lets everybody in once it is told.
class Door : public authx::AuthManager {
 public:
  std::atomic<bool> opens{false};
  std::atomic<int> asked{0};
  Task<std::optional<authx::User>> get_user_by_email(std::string) override { co_return std::nullopt; }
  Task<std::optional<authx::User>> get_user_by_id(std::string id) override {
    ++asked;
    while (!opens) co_await sleep_for(5ms);
    co_return authx::User(id, "");
  }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
};

TEST_F(Revoked, S27_WhoIsBeingLookedUpMeanwhileIsNotMissed) {
  Door door;
  app.route<Echo>("/guarded", auth, door);
  begin();
  RawClient made = raw();
  made.send(upgrade_request("/guarded?token=" + token("alice")));
  eventually([&] { return door.asked == 1; });
  EXPECT_EQ(app.revoke("alice"), 0U);
  door.opens = true;
  EXPECT_EQ(made.read_status(), 101U);
  EXPECT_EQ(made.read_close(), 4409U);
}

TEST_F(Revoked, BeforeTheStartThereIsNobodyToRevoke) {
  EXPECT_THROW(app.revoke("alice"), std::logic_error);
}

// --- a user store that hangs ---

class Hanging : public authx::AuthManager {
 public:
  std::atomic<int> asked{0};
  Task<std::optional<authx::User>> get_user_by_email(std::string) override { co_return std::nullopt; }
  Task<std::optional<authx::User>> get_user_by_id(std::string id) override {
    ++asked;
    co_await sleep_for(1h);
    co_return authx::User(id, "");
  }
  Task<bool> verify_password(const authx::User&, std::string) override { co_return false; }
};

class Stuck : public Beside {
 protected:
  Hanging users;
  Echo& guarded = app.route<Echo>("/guarded", auth, users);
};

TEST_F(Stuck, S28_AUserStoreThatHangsIs503AtTheLimitAndHoldsUpNobody) {
  constexpr int kMany = 50;
  limits.auth_time = 500ms;
  begin();
  std::vector<RawClient> waiting;
  for (int i = 0; i < kMany; ++i) {
    waiting.push_back(raw());
    waiting.back().send(upgrade_request("/guarded?token=" + token("alice" + std::to_string(i))) +
                        frame(0x81, "early"));
  }
  eventually([&] { return users.asked == kMany; });
  still_here();
  RawClient another = client("bob");
  another.send_text("x");
  EXPECT_EQ(another.read_text(), "x");
  for (RawClient& one : waiting) EXPECT_EQ(one.read_status(), 503U);
  EXPECT_EQ(guarded.messages, 0);
  EXPECT_EQ(test::rejected(app.port(), "auth_timeout"), kMany);
}

// --- floods ---

TEST_F(Beside, S32_ContinuationsOfOneByteWithoutEndAre1008) {
  limits.messages_per_second = 0;
  begin();
  RawClient made = client("alice");
  std::string endless = frame(0x01, "x");
  for (int i = 0; i < 5000; ++i) endless += frame(0x00, "x");
  made.send(endless);
  EXPECT_EQ(made.read_close(), 1008U);
  EXPECT_EQ(test::rejected(app.port(), "protocol_error"), 1);
}

// Were each piece kept on its own, a million would take a hundred times their bytes.
TEST_F(Beside, S32_PiecesOfOneByteTakeTheirBytesAndLittleMore) {
  constexpr std::size_t kPieces = 500'000;
  limits.messages_per_second = 0;
  limits.fragments_max = kPieces + 2;
  begin();
  const double before = test::metric(app.port(), "microframe_resident_memory_bytes");
  RawClient made = client("alice");
  std::string pieces;
  for (int i = 0; i < 1000; ++i) pieces += frame(0x00, "x");
  ASSERT_TRUE(made.send(frame(0x01, "")));
  for (std::size_t sent = 0; sent < kPieces; sent += 1000) ASSERT_TRUE(made.send(pieces));
  made.send(frame(0x89, "all taken"));  // answered between fragments (RFC 6455 §5.4)
  EXPECT_EQ(made.read_frame().payload, "all taken");
  const double held = test::metric(app.port(), "microframe_resident_memory_bytes") - before;
  if (!test::kSanitized) {
    EXPECT_LT(held, 8 << 20);
  }
  made.send(frame(0x80, ""));
  EXPECT_EQ(made.read_text().size(), kPieces);
}

TEST_F(Beside, S45_AMessageFloodIs4429) {
  begin();
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
  EXPECT_EQ(test::rejected(app.port(), "too_many_messages"), 4);
}

}  // namespace
}  // namespace microframe
