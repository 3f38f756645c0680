// permessage-deflate between our own client and our own server, plain and over TLS: whatever the
// two negotiate, each receives what the other sent.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "client/connection.hpp"
#include "net/loop.hpp"
#include "net/tls_context.hpp"
#include "support/app_fixture.hpp"
#include "support/certificates.hpp"
#include "support/chats.hpp"
#include "support/compression.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::CertificateSpec;
using test::talk;
using test::TemporaryFile;

// Sends all its messages, and closes once as many have come back.
class Talker final : public client::Connection::Events {
 public:
  explicit Talker(net::Loop& loop) : loop_(loop) {}
  std::unique_ptr<client::Connection> connection;
  std::vector<std::string> to_send;
  std::vector<std::string> heard;
  proto::CloseCode code = proto::CloseCode::no_status;

  void on_open() override {
    for (const std::string& text : to_send) connection->send(ws::Message::text(text));
  }
  void on_message(const ws::Message& message) override {
    heard.emplace_back(message.content());
    if (heard.size() == to_send.size()) connection->close();
  }
  void on_closed(proto::CloseCode with, std::string_view) override {
    code = with;
    loop_.stop();
  }

 private:
  net::Loop& loop_;
};

struct Wishes {
  bool secured;
  bool server_takeover;
  bool client_takeover;
};

class ClientCompression : public test::AppTest, public testing::WithParamInterface<Wishes> {
 protected:
  Certificate certificate{CertificateSpec{}};
  TemporaryFile certificate_file{certificate.pem()};
  TemporaryFile key_file{certificate.key_pem()};

  client::Connection::Options options_with(int window_bits) const {
    client::Connection::Options options;
    options.token = token("alice");
    options.compression.emplace();
    options.compression->context_takeover = GetParam().client_takeover;
    options.compression->window_bits = window_bits;
    net::TlsTrust trust;
    trust.ca_file = certificate_file.path();
    if (GetParam().secured) options.tls = net::TlsContext::client(trust);
    return options;
  }
  client::Url url() const {
    return client::parse_url((GetParam().secured ? "wss://127.0.0.1:" : "ws://127.0.0.1:") +
                             std::to_string(app.port()) + "/ws");
  }
};

TEST_P(ClientCompression, ClientAndServerReadEachOthersMessages) {
  Compression compression;
  compression.context_takeover = GetParam().server_takeover;
  compression.window_bits = 10;
  app.compression(compression).route<test::EchoChat>("/ws", auth);
  if (GetParam().secured) app.tls(TlsOptions(certificate_file.path(), key_file.path()));
  start(1);
  for (const int window_bits : {9, 15}) {
    net::Loop loop;
    Talker talker(loop);
    talker.to_send = {"short", talk(1'000), talk(1'000), "", talk(200'000), talk(1'000)};
    const client::Connection::Options options = options_with(window_bits);
    loop.post(
        [&] { talker.connection.reset(new client::Connection(loop, url(), options, talker)); });
    loop.post([&loop] { loop.after(10s, [&loop] { loop.stop(); }); });
    loop.run();
    EXPECT_EQ(talker.heard, talker.to_send);
    EXPECT_EQ(talker.code, proto::CloseCode::normal);
    talker.connection.reset();
  }
}

std::string name_of_wishes(const testing::TestParamInfo<Wishes>& info) {
  std::string name = info.param.secured ? "Tls" : "Plain";
  if (info.param.server_takeover) name += "ServerTakesOver";
  if (info.param.client_takeover) name += "ClientTakesOver";
  return name;
}
INSTANTIATE_TEST_SUITE_P(, ClientCompression,
                         testing::Values(Wishes{false, false, false}, Wishes{false, false, true},
                                         Wishes{false, true, false}, Wishes{false, true, true},
                                         Wishes{true, false, false}, Wishes{true, false, true},
                                         Wishes{true, true, false}, Wishes{true, true, true}),
                         name_of_wishes);

}  // namespace
}  // namespace microframe
