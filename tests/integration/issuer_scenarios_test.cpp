// Issuers whose keys are fetched, and how their servers misbehave: scenarios 18 to 21, on real
// sockets, beside a healthy neighbour that must not be disturbed.

#include <chrono>

#include "support/forge.hpp"
#include "support/jwks.hpp"
#include "support/key_server.hpp"
#include "support/scenario.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::EchoChat;
using test::KeyServer;
using test::RawClient;
using test::upgrade_request;
using Mode = KeyServer::Mode;

// An issuer: its name, and its signing key, which may be replaced.
class Issuer {
 public:
  explicit Issuer(std::string iss) : iss_(std::move(iss)) { rotate("k1"); }

  // Replaces the key.
  // returns: the key set that holds only the new key.
  std::string rotate(std::string kid) {
    kid_ = std::move(kid);
    pair_ = test::ed25519_key();
    return keys();
  }
  std::string jwk() const { return test::ed25519_jwk(pair_, kid_); }
  std::string keys() const { return test::key_set({jwk()}); }
  const std::string& name() const { return iss_; }

  std::string token(std::string_view user) const { return token(user, kid_, iss_); }
  // more: further members of the header, each preceded by a comma.
  std::string token(std::string_view user, std::string_view kid, std::string_view iss,
                    const std::string& more = {}) const {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
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

class Issued : public test::Scenario {
 protected:
  Issuer issuer{"https://id.example"};
  KeyServer server{issuer.keys()};
  authx::JwksSource source = authx::JwksSource(server.url()).issuer(issuer.name());
  ws::ChatBase* keyed = nullptr;

  // Serves clients whose tokens the source's keys verify, once these keys have been fetched.
  void begin_keyed(int fetches = 1) {
    keyed = &app.route<EchoChat>("/keyed", authx::AuthConfig::jwks(source));
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

TEST_F(Issued, S18_WaitingHandshakesShareTheFetchAfterTheCoolDown) {
  source.cool_down(1500ms);
  const auto begun = std::chrono::steady_clock::now();
  begin_keyed();
  expect_welcome(issuer.token("alice"));
  std::vector<RawClient> waiting;
  waiting.reserve(50);
  for (int i = 0; i < 50; ++i)
    waiting.push_back(ask(issuer.token("eve", "unknown" + std::to_string(i), issuer.name())));
  expect_welcome(issuer.token("bob"));  // a token whose key is known does not wait
  for (RawClient& one : waiting) expect_refused(std::move(one));
  // All had asked before the first was answered, unless this machine took longer than a cool-down
  // to do so.
  const auto cool_downs = (std::chrono::steady_clock::now() - begun) / 1500ms;
  EXPECT_LE(server.fetches(), 1 + cool_downs);
  EXPECT_EQ(test::metric(app.port(), "microframe_key_fetches_total"), server.fetches());
}

TEST_F(Issued, S18_WaitingHandshakesAreLimited) {
  limits.authentications_max = 3;
  server.behave(Mode::hangs);
  begin_keyed();
  expect_rejected("key_waits_full");
  std::vector<RawClient> waiting;
  waiting.reserve(3);
  for (int i = 0; i < 3; ++i) waiting.push_back(ask(issuer.token("alice")));
  eventually([&] { return test::metric(app.port(), "microframe_key_waits") == 3; });
  expect_unavailable(ask(issuer.token("alice")));
}

TEST_F(Issued, S19_OneKidAtTwoIssuersIsTwoKeys) {
  Issuer other("https://other.example");
  KeyServer others{other.keys()};
  keyed = &app.route<EchoChat>(
      "/keyed",
      authx::AuthConfig::jwks({source, authx::JwksSource(others.url()).issuer(other.name())}));
  begin();
  expect_welcome(issuer.token("alice"));
  expect_welcome(other.token("alice"));
  expect_refused(ask(issuer.token("eve", "k1", other.name())));
  expect_refused(ask(other.token("eve", "k1", issuer.name())));
  EXPECT_EQ(server.fetches() + others.fetches(), 2);
}

TEST_F(Issued, S20_TokenCannotShapeTheUrl) {
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

// However the issuer's server misbehaves: known keys stay in use, and tokens that cannot be
// judged get 503.
class Misbehaving : public Issued, public testing::WithParamInterface<Mode> {};

TEST_P(Misbehaving, S21_CachedKeysStayInUseAndNewOnesAnswer503) {
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
  EXPECT_LE(server.bytes_taken(), static_cast<std::size_t>(server.fetches()) << 23U)
      << "cut off early";
  server.behave(Mode::good);
  eventually([&] { return ask(issuer.token("carol")).read_status() == 101; });
  EXPECT_EQ(test::rejected(app.port(), "unauthenticated"), 0) << "no valid token was refused";
}

TEST_P(Misbehaving, S21_HandshakesGet503UntilKeysCome) {
  limits.auth_time = 400ms;
  source.cool_down(50ms).refresh_interval(50ms).fetch_time(100ms);
  server.behave(GetParam());
  begin_keyed();
  expect_unavailable(ask(issuer.token("alice")));
  server.behave(Mode::good);
  eventually([&] { return ask(issuer.token("alice")).read_status() == 101; });
  EXPECT_EQ(test::rejected(app.port(), "unauthenticated"), 0);
}

std::string name_of_mode(const testing::TestParamInfo<Mode>& mode) {
  constexpr const char* kNames[] = {"Good", "Hangs", "Fails", "Huge", "Broken"};
  return kNames[static_cast<int>(mode.param)];
}
INSTANTIATE_TEST_SUITE_P(, Misbehaving,
                         testing::Values(Mode::hangs, Mode::fails, Mode::huge, Mode::broken),
                         name_of_mode);

TEST_F(Issued, S21_HandshakeWaitsForARotatedKey) {
  source.cool_down(500ms);
  begin_keyed();
  expect_welcome(issuer.token("alice"));
  const std::string old = issuer.token("bob");
  server.publish(issuer.rotate("k2"));
  expect_welcome(issuer.token("carol"));  // only this token reveals the rotation
  EXPECT_EQ(server.fetches(), 2);
  expect_refused(ask(old));  // the issuer has withdrawn its key
}

TEST_F(Issued, S21_KeysPastTheirAgeAnswer503) {
  limits.auth_time = 200ms;
  source.cool_down(50ms).refresh_interval(50ms).fetch_time(100ms).age_max(1s);
  begin_keyed();
  expect_welcome(issuer.token("alice"));
  server.behave(Mode::fails);
  eventually([&] { return ask(issuer.token("alice")).read_status() == 503; });
  server.behave(Mode::good);
  eventually([&] { return ask(issuer.token("alice")).read_status() == 101; });
}

TEST_F(Issued, ClientThatLeavesDuringAKeyFetchLeavesNothing) {
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

TEST_F(Issued, ImpossibleSettingsAreRefusedAtStart) {
  using authx::AuthConfig;
  using authx::JwksSource;
  EXPECT_THROW(AuthConfig::jwks(JwksSource(server.url())), ConfigError);
  EXPECT_THROW(AuthConfig::jwks(JwksSource("http://id.example/jwks").issuer("x")), ConfigError);
  EXPECT_THROW(AuthConfig::jwks({source, source}), ConfigError);
  EXPECT_NO_THROW(AuthConfig::jwks(JwksSource("http://id.example/jwks").issuer("x").allow_http()));
}

}  // namespace
}  // namespace microframe
