// Keys that come over https: only from the server that the URL names, with a certificate that a
// trusted authority has signed.

#include "keys/key_fetcher.hpp"
#include "support/app_fixture.hpp"
#include "support/certificates.hpp"
#include "support/jwks.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::CertificateSpec;
using test::TemporaryFile;

// An issuer that publishes its keys on a page that this process serves over TLS.
class KeysOverTls : public test::AppTest {
 protected:
  const std::string body = test::key_set({test::ed25519_jwk(test::ed25519_key(), "k")});

  void publish(const Certificate& certificate) {
    const TemporaryFile chain(certificate.pem());
    const TemporaryFile key(certificate.key_pem());
    app.page("/jwks.json", "application/json", body);
    app.tls(TlsOptions(chain.path(), key.path()));
    start(1);
  }
  keys::KeyFetcher::Answer fetch(const std::string& host, const std::string& ca_file) const {
    keys::KeyFetcher fetcher;
    const auto url = "https://" + host + ":" + std::to_string(app.port()) + "/jwks.json";
    fetcher.begin(7, authx::JwksSource(url).issuer("x").ca_file(ca_file));
    std::vector<keys::KeyFetcher::Answer> ended;
    while (ended.empty()) ended = fetcher.work(10s);
    EXPECT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended.front().id, 7U);
    return ended.front();
  }
};

CertificateSpec authority() {
  CertificateSpec spec;
  spec.common_name = "our authority";
  spec.names = "";
  spec.is_authority = true;
  return spec;
}

TEST_F(KeysOverTls, KeysComeOnlyFromAVerifiedServer) {
  const Certificate ours(authority());
  const TemporaryFile trusted(ours.pem());
  const TemporaryFile others(Certificate(authority()).pem());
  publish(Certificate(CertificateSpec(), &ours));
  const auto good = fetch("localhost", trusted.path());
  EXPECT_EQ(good.error, "");
  EXPECT_EQ(good.body, body);
  for (const std::string& ca :
       {others.path(), std::string()}) {  // the system's authorities do not know ours
    const auto bad = fetch("localhost", ca);
    EXPECT_NE(bad.error, "");
    EXPECT_EQ(bad.body, "");
  }
  EXPECT_NE(fetch("localhost", "/no/such/file.pem").error, "");
}

TEST_F(KeysOverTls, ServerWithAnotherNameIsRefused) {
  const Certificate ours(authority());
  const TemporaryFile trusted(ours.pem());
  CertificateSpec spec;
  spec.common_name = "other.example";
  spec.names = "DNS:other.example";
  publish(Certificate(spec, &ours));
  const auto bad = fetch("localhost", trusted.path());
  EXPECT_NE(bad.error, "");
  EXPECT_EQ(bad.body, "");
}

TEST_F(KeysOverTls, ExpiredCertificateIsRefused) {
  const Certificate ours(authority());
  const TemporaryFile trusted(ours.pem());
  CertificateSpec spec;
  spec.begins_s = -7200;
  spec.ends_s = -3600;
  publish(Certificate(spec, &ours));
  const auto bad = fetch("localhost", trusted.path());
  EXPECT_NE(bad.error, "");
  EXPECT_EQ(bad.body, "");
}

}  // namespace
}  // namespace microframe
