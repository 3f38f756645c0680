// Certificates, keys and whom to trust: what is refused at start, and what two sessions make of
// each other.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "microframe/config_error.hpp"
#include "net/tls_context.hpp"
#include "net/tls_server.hpp"
#include "net/tls_session.hpp"
#include "support/certificates.hpp"

namespace microframe::net {
namespace {

using test::Certificate;
using test::CertificateSpec;
using test::TemporaryFile;

// A certificate and its key in files.
struct PairFiles {
  explicit PairFiles(const Certificate& made) : certificate(made.pem()), key(made.key_pem()) {}
  TemporaryFile certificate;
  TemporaryFile key;
  TlsOptions options() const { return {certificate.path(), key.path()}; }
};

CertificateSpec named(const std::string& common_name, const std::string& names) {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.names = names;
  return spec;
}

CertificateSpec authority_spec(const std::string& name = "an authority") {
  CertificateSpec spec = named(name, "");
  spec.is_authority = true;
  return spec;
}

TlsTrust trust_in(const TemporaryFile& file) {
  TlsTrust trust;
  trust.ca_file = file.path();
  return trust;
}

// What became of a handshake.
struct Outcome {
  bool secured = false;
  bool resumed = false;
  std::string client_failure;
  std::string server_failure;
};

Outcome shake_hands(TlsSession& server, TlsSession& client) {
  int fds[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  server.attach(fds[0], {});
  client.attach(fds[1], {});
  const auto go_on = [](TlsSession& session) {
    session.begin_turn(65536);
    if (!session.is_secured() && !session.is_dead()) session.handshake();
    session.send();
  };
  for (int i = 0; i < 8; ++i) {
    go_on(client);
    go_on(server);
  }
  Outcome outcome;
  outcome.secured = server.is_secured() && client.is_secured();
  outcome.resumed = outcome.secured && server.is_resumed();
  outcome.client_failure = client.failure();
  outcome.server_failure = server.failure();
  ::close(fds[0]);
  ::close(fds[1]);
  return outcome;
}

Outcome connect(const TlsContext& server, const TlsContext& client, const std::string& host) {
  const auto accepted = server.accept();
  const auto connected = client.connect(host);
  return shake_hands(*accepted, *connected);
}

std::string error_of(const TlsOptions& options) {
  try {
    TlsContext::server(options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST(TlsFiles, FilesThatCannotServeAreRefusedWithAdvice) {
  const Certificate made;
  const PairFiles good(made);
  const PairFiles other{Certificate()};
  const TemporaryFile prose("Dear sir or madam,\n");
  const TemporaryFile encrypted(made.key_pem("a password"));
  const TemporaryFile damaged(made.pem() +
                              "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  CertificateSpec rsa_spec;
  rsa_spec.rsa = true;
  const PairFiles rsa{Certificate(rsa_spec)};
  const struct {
    const char* what;
    TlsOptions options;
    const char* words;
  } cases[] = {
      {"no certificate", {"/nowhere/cert.pem", good.key.path()}, "cannot read /nowhere/cert.pem"},
      {"no key", {good.certificate.path(), "/nowhere/key.pem"}, "cannot read /nowhere/key.pem"},
      {"a certificate that is none",
       {prose.path(), good.key.path()},
       "holds no certificate in PEM"},
      {"a key that is none",
       {good.certificate.path(), prose.path()},
       "holds no private key in PEM"},
      {"the files the wrong way round",
       {good.key.path(), good.certificate.path()},
       "no certificate in PEM"},
      {"another's key",
       {good.certificate.path(), other.key.path()},
       "does not fit the certificate"},
      {"a key of another kind",
       {good.certificate.path(), rsa.key.path()},
       "does not fit the certificate"},
      {"an encrypted key", {good.certificate.path(), encrypted.path()}, "openssl pkey -in"},
      {"a damaged chain", {damaged.path(), good.key.path()}, "damaged"},
      {"a bad second pair", good.options().add(good.certificate.path(), other.key.path()),
       "does not fit"},
      {"no authorities", good.options().client_certificates("/nowhere/ca.pem"),
       "cannot read /nowhere/ca.pem"},
      {"authorities that are none", good.options().client_certificates(prose.path()),
       "no certificates in PEM"},
  };
  EXPECT_EQ(error_of(good.options()), "");
  EXPECT_EQ(error_of(rsa.options()), "");
  for (const auto& each : cases) {
    EXPECT_NE(error_of(each.options).find(each.words), std::string::npos)
        << each.what << ": " << error_of(each.options);
  }
}

TEST(TlsFiles, AnExpiredCertificateStillServes) {
  CertificateSpec spec;
  spec.begins_s = -7200;
  spec.ends_s = -3600;
  const PairFiles files{Certificate(spec)};
  testing::internal::CaptureStderr();
  EXPECT_EQ(error_of(files.options()), "");
  base::log::flush(std::chrono::seconds(10));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("certificate has expired"),
            std::string::npos);
}

// --- what the client makes of the server ---

TEST(TlsTrusting, TheCertificateMustBeForTheHost) {
  const Certificate authority(authority_spec());
  const TemporaryFile ca(authority.pem());
  const PairFiles files{Certificate(
      named("ignored.example", "DNS:one.example,DNS:*.two.example,IP:127.0.0.1"), &authority)};
  const auto server = TlsContext::server(files.options());
  const auto client = TlsContext::client(trust_in(ca));
  for (const char* host :
       {"one.example", "ONE.example", "one.example.", "a.two.example", "127.0.0.1"}) {
    const Outcome outcome = connect(*server, *client, host);
    EXPECT_TRUE(outcome.secured) << host << ": " << outcome.client_failure;
  }
  for (const char* host : {"two.example", "a.b.two.example", "ignored.example", "127.0.0.2", "::1",
                           "example", "one.example.evil.example"}) {
    const Outcome outcome = connect(*server, *client, host);
    EXPECT_FALSE(outcome.secured) << host;
    EXPECT_NE(outcome.client_failure.find("mismatch"), std::string::npos) << outcome.client_failure;
    EXPECT_NE(outcome.server_failure.find("alert bad certificate"), std::string::npos)
        << outcome.server_failure;
  }
}

TEST(TlsTrusting, ATrustedAuthorityMustVouchForTheServer) {
  const Certificate authority(authority_spec());
  const Certificate between(authority_spec("one between"), &authority);
  const TemporaryFile ca(authority.pem());
  const TemporaryFile stranger(Certificate(authority_spec()).pem());
  const Certificate leaf({}, &between);
  const PairFiles lonely(leaf);
  const PairFiles chained(leaf);
  chained.certificate.write(leaf.pem() + between.pem());
  const auto outcome = [&](const PairFiles& files, const TlsTrust& trust) {
    return connect(*TlsContext::server(files.options()), *TlsContext::client(trust), "localhost");
  };
  EXPECT_TRUE(outcome(chained, trust_in(ca)).secured);
  EXPECT_FALSE(outcome(lonely, trust_in(ca)).secured);  // the chain is the server's to show
  EXPECT_FALSE(outcome(chained, trust_in(stranger)).secured);
  EXPECT_FALSE(outcome(chained, TlsTrust()).secured);  // nor does the system know it
  TlsTrust anybody;
  anybody.insecure = true;
  EXPECT_TRUE(outcome(lonely, anybody).secured);
  EXPECT_THROW(TlsContext::client(trust_in(chained.key)), ConfigError);
}

TEST(TlsTrusting, AnExpiredCertificateIsRefused) {
  const Certificate authority(authority_spec());
  const TemporaryFile ca(authority.pem());
  CertificateSpec spec;
  spec.begins_s = -7200;
  spec.ends_s = -3600;
  const PairFiles files{Certificate(spec, &authority)};
  const Outcome outcome =
      connect(*TlsContext::server(files.options()), *TlsContext::client(trust_in(ca)), "localhost");
  EXPECT_FALSE(outcome.secured);
  EXPECT_EQ(outcome.client_failure, "certificate verify failed: certificate has expired");
}

// Whether the name got its own certificate shows in whether the client takes it.
TEST(TlsNames, EachNameGetsItsOwnCertificate) {
  const Certificate authority(authority_spec());
  const TemporaryFile ca(authority.pem());
  const PairFiles first{Certificate(named("first", "DNS:first.example"), &authority)};
  const PairFiles wild{Certificate(named("wild", "DNS:*.example.org"), &authority)};
  const PairFiles exact{
      Certificate(named("exact", "DNS:www.example.org,DNS:exact.example"), &authority)};
  const auto server = TlsContext::server(first.options()
                                             .add(wild.certificate.path(), wild.key.path())
                                             .add(exact.certificate.path(), exact.key.path()));
  const auto client = TlsContext::client(trust_in(ca));
  for (const char* host :
       {"first.example", "www.example.org", "any.example.org", "exact.example", "EXACT.example"}) {
    EXPECT_TRUE(connect(*server, *client, host).secured) << host;
  }
  EXPECT_FALSE(connect(*server, *client, "unknown.example").secured);
}

// --- the reload ---

TEST(TlsReload, NewHandshakesUseTheNewFiles) {
  const Certificate before;
  const Certificate after;
  const PairFiles files(before);
  const TemporaryFile ca_before(before.pem());
  const TemporaryFile ca_after(after.pem());
  const auto old_trust = TlsContext::client(trust_in(ca_before));
  const auto new_trust = TlsContext::client(trust_in(ca_after));
  TlsServer server(files.options());
  const auto accepted_before = server.accept();
  files.certificate.write(after.pem());
  EXPECT_THROW(server.reload(), ConfigError);  // the key is still the old one's
  EXPECT_TRUE(shake_hands(*server.accept(), *old_trust->connect("localhost")).secured);
  files.key.write(after.key_pem());
  server.reload();
  EXPECT_FALSE(shake_hands(*server.accept(), *old_trust->connect("localhost")).secured);
  EXPECT_TRUE(shake_hands(*server.accept(), *new_trust->connect("localhost")).secured);
  // What had begun goes on with what it began with.
  EXPECT_TRUE(shake_hands(*accepted_before, *old_trust->connect("localhost")).secured);
}

TEST(TlsSessions, WithoutMemoryAHandshakeFails) {
  const PairFiles files{Certificate()};
  const auto context = TlsContext::server(files.options());
  TlsSession session(context, nullptr, TlsSession::Role::server);
  EXPECT_EQ(session.handshake(), TlsSession::Step::failed);
  EXPECT_EQ(session.failure(), "out of memory");
  EXPECT_TRUE(session.is_dead());
}

}  // namespace
}  // namespace microframe::net
