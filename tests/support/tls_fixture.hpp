// Tls: an Application over TLS with a healthy neighbour, which must notice nothing, and clients of
// it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/app_fixture.hpp"
#include "support/certificates.hpp"
#include "support/chats.hpp"
#include "support/tls_client.hpp"

namespace test {

inline CertificateSpec named(const std::string& name) {
  CertificateSpec spec;
  spec.common_name = name;
  spec.names = "DNS:" + name;
  return spec;
}

class Tls : public AppTest {
 protected:
  Certificate certificate{named("first.example")};
  TemporaryFile certificate_file{certificate.pem()};
  TemporaryFile key_file{certificate.key_pem()};
  microframe::TlsOptions options{certificate_file.path(), key_file.path()};
  EchoChat& echo = app.route<EchoChat>("/ws", auth);
  std::optional<TlsClient> neighbour;

  void begin() {
    app.tls(options);
    start();
    neighbour.emplace(open("neighbour"));
  }
  // The neighbour has noticed nothing.
  void TearDown() override {
    if (neighbour) {
      neighbour->send_text("still here");
      EXPECT_EQ(neighbour->read_text(), "still here");
      neighbour.reset();
    }
    AppTest::TearDown();
  }
  TlsClient secured(const TlsClientOptions& with = {}) const {
    TlsClient made(raw(), with);
    EXPECT_TRUE(made.shake_hands());
    return made;
  }
  TlsClient open(std::string_view user, const TlsClientOptions& with = {},
                 const std::string& path = "/ws") const {
    TlsClient made = secured(with);
    made.send(upgrade_request(path + "?token=" + token(user)));
    EXPECT_EQ(made.read_status(), 101U);
    return made;
  }
  std::unique_ptr<RawClient> measured(std::string_view user,
                                      const std::string& path) const override {
    return std::make_unique<TlsClient>(open(user, {}, path));
  }
  static void expect_echo(TlsClient& client, const std::string& text) {
    client.send_text(text);
    EXPECT_TRUE(client.read_text() == text);
  }
  std::string page(const std::string& path, const TlsClientOptions& with = {}) const {
    TlsClient made = secured(with);
    made.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    while (made.read_some()) {
    }
    EXPECT_TRUE(made.was_closed());
    return made.rest();
  }
  bool counts(const std::string& reason, int count) const {
    const std::string line =
        "microframe_rejected_total{reason=\"" + reason + "\"} " + std::to_string(count);
    return page("/metrics").find(line + "\n") != std::string::npos;
  }
  // Whether a handshake with this comes to an answer.
  bool is_served(const TlsClientOptions& with) const {
    TlsClient made(raw(), with);
    if (!made.shake_hands()) return false;
    made.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    return made.read_status() == 200;
  }
};

}  // namespace test
