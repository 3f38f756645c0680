// Certificates of clients: asked for, required, and as long as their authority is one.

#include <string>

#include "support/tls_fixture.hpp"

namespace microframe {
namespace {

using test::Certificate;
using test::CertificateSpec;
using test::named;
using test::TemporaryFile;
using test::Tls;
using test::TlsClient;

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

TEST_F(TlsClientCertificates, AreRequired) {
  begin(ClientCertificates::require);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_TRUE(is_served({.version = version, .certificate = &good}));
    EXPECT_FALSE(is_served({.version = version}));
    EXPECT_FALSE(is_served({.version = version, .certificate = &stranger}));
  }
}

TEST_F(TlsClientCertificates, AreRequested) {
  begin(ClientCertificates::request);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_TRUE(is_served({.version = version, .certificate = &good}));
    EXPECT_TRUE(is_served({.version = version}));
    EXPECT_FALSE(is_served({.version = version, .certificate = &stranger}));
  }
}

// Who came in by a certificate does not come back by its ticket once another authority decides.
TEST_F(TlsClientCertificates, TicketsEndWithTheAuthority) {
  begin(ClientCertificates::require);
  TlsClient first = open("alice", {.certificate = &good});
  TlsClient second = open("alice", {.certificate = &good});
  for (TlsClient* client : {&first, &second}) expect_echo(*client, "the ticket has come before this");
  EXPECT_TRUE(is_served({.resume = first.session()}));
  authority_file.write(Certificate(authority_spec()).pem());
  EXPECT_TRUE(app.reload_tls());
  EXPECT_FALSE(is_served({.resume = second.session()}));
}

}  // namespace
}  // namespace microframe
