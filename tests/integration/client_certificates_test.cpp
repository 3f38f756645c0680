// Certificates of clients: requested or required, and valid as long as their authority is trusted.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "support/chats.hpp"
#include "support/tls_fixture.hpp"
#include "support/v1_client.hpp"

namespace microframe {
namespace {

using test::Certificate;
using test::CertificateSpec;
using test::named;
using test::RawClient;
using test::TemporaryFile;
using test::Tls;
using test::TlsClient;
using test::TlsClientOptions;

class TlsClientCertificates : public Tls {
 protected:
  static CertificateSpec authority_spec() {
    CertificateSpec spec = named("authority.example");
    spec.is_authority = true;
    return spec;
  }
  Certificate authority{authority_spec()};
  TemporaryFile authority_file{authority.pem()};
  Certificate good{named("client.example"), &authority};
  Certificate stranger{named("stranger.example")};

  void begin(ClientCertificates wanted) {
    options.client_certificates(authority_file.path(), wanted);
    app.tls(options);
    start();
    neighbour.emplace(open("neighbour", {.certificate = &good}));
  }
};

TEST_F(TlsClientCertificates, MissingOrStrangeOneIsRefusedWhenRequired) {
  begin(ClientCertificates::require);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_TRUE(is_served({.version = version, .certificate = &good}));
    EXPECT_FALSE(is_served({.version = version}));
    EXPECT_FALSE(is_served({.version = version, .certificate = &stranger}));
  }
}

TEST_F(TlsClientCertificates, MissingOneIsAcceptedWhenOnlyRequested) {
  begin(ClientCertificates::request);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_TRUE(is_served({.version = version, .certificate = &good}));
    EXPECT_TRUE(is_served({.version = version}));
    EXPECT_FALSE(is_served({.version = version, .certificate = &stranger}));
  }
}

// A client that showed a certificate cannot resume with its ticket once the authority has changed.
TEST_F(TlsClientCertificates, TicketIsRefusedAfterTheAuthorityHasChanged) {
  begin(ClientCertificates::require);
  TlsClient first = open("alice", {.certificate = &good});
  TlsClient second = open("alice", {.certificate = &good});
  for (TlsClient* client : {&first, &second})
    expect_echo(*client, "the ticket has come before this");
  EXPECT_TRUE(is_served({.resume = first.session()}));
  authority_file.write(Certificate(authority_spec()).pem());
  EXPECT_TRUE(app.reload_tls());
  EXPECT_FALSE(is_served({.resume = second.session()}));
}

// --- what hooks learn of certificates ---

// Tells each client the subject of its certificate.
class Doorman : public ws::ChatBase {
 public:
  static Json seen(const ws::WebSocket& socket) {
    const std::optional<std::string> subject = socket.client_certificate();
    return subject ? Json(*subject) : Json(nullptr);
  }
  void on_connect(ws::WebSocket& socket, const ws::UserId&) {
    socket.send(Json{{"seen", seen(socket)}});
  }
  Json on_message(ws::WebSocket& socket, const ws::UserId&, const Json&) { return seen(socket); }
};

class ClientNames : public TlsClientCertificates {
 protected:
  Doorman& doorman = app.route<Doorman>("/door", auth);
  test::KeeperChat& keeper = app.route<test::KeeperChat>("/kept", auth);

  static CertificateSpec spec_of(const std::string& common_name) {
    CertificateSpec spec = named("client.example");
    spec.common_name = common_name;
    spec.organization = "Example";
    return spec;
  }
  void expect_seen(const TlsClientOptions& shown, const Json& subject) {
    TlsClient made = open("alice", shown, "/door");
    EXPECT_EQ(made.read_text(), to_text(Json{{"seen", subject}}));
  }
};

TEST_F(ClientNames, SubjectOfTheCertificateIsTold) {
  begin(ClientCertificates::request);
  const Certificate tablet(spec_of("tablet-7"), &authority);
  const Certificate odd(spec_of("a, b=c\n\xC3\xA9"), &authority);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    expect_seen({.version = version, .certificate = &tablet}, "CN=tablet-7,O=Example");
    expect_seen({.version = version, .certificate = &odd}, R"(CN=a\, b=c\0A\C3\A9,O=Example)");
    expect_seen({.version = version}, nullptr);
  }
}

TEST_F(ClientNames, ResumedTlsSessionKeepsTheSubject) {
  begin(ClientCertificates::require);
  const Certificate tablet(spec_of("tablet-7"), &authority);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first = open("alice", {.version = version, .certificate = &tablet});
    expect_echo(first, "the ticket has come before this");
    TlsClient again = open("alice", {.version = version, .resume = first.session()}, "/door");
    EXPECT_TRUE(SSL_session_reused(again.ssl()));
    EXPECT_EQ(again.read_text(), R"({"seen":"CN=tablet-7,O=Example"})");
  }
}

TEST_F(ClientNames, SubjectIsKnownAfterTheConnectionHasEnded) {
  begin(ClientCertificates::require);
  open("alice", {.certificate = &good}, "/kept");
  eventually([&] { return keeper.disconnects == 1; });
  EXPECT_FALSE(keeper.kept.back().is_open());
  EXPECT_EQ(keeper.kept.back().client_certificate(), "CN=client.example");
}

TEST_F(ClientNames, SubjectOfASessionIsThatOfItsLatestConnection) {
  begin(ClientCertificates::request);
  const Certificate tablet(spec_of("tablet-7"), &authority);
  const auto enter = [&](const Certificate* shown, const test::V1Client* former) {
    auto stream = std::make_unique<TlsClient>(secured({.certificate = shown}));
    return test::V1Client(std::move(stream), token("alice"), former, "/door");
  };
  test::V1Client device = enter(&tablet, nullptr);
  EXPECT_EQ(device.ask(1).at("data"), Json("CN=tablet-7,O=Example"));
  for (const Certificate* shown :
       {static_cast<const Certificate*>(nullptr), &std::as_const(good)}) {
    device.lose();
    eventually([&] { return doorman.connection_count() == 0; });
    test::V1Client next = enter(shown, &device);
    EXPECT_TRUE(next.resumed());
    next.set_sent(device.sent());
    EXPECT_EQ(next.ask(1).at("data"), shown ? Json("CN=client.example") : Json(nullptr));
    device = std::move(next);
  }
}

TEST_F(ClientNames, NobodyHasASubjectWithoutTls) {
  start();
  RawClient made = client("alice", "/door");
  EXPECT_EQ(made.read_text(), R"({"seen":null})");
}

}  // namespace
}  // namespace microframe
