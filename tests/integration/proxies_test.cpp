// Behind a proxy: whose address counts, and that no other peer can claim an address. The proxies
// are at 127.0.0.2 and 127.0.0.9; every other address on loopback is a client.

#include "microframe/config_error.hpp"
#include "support/app_fixture.hpp"
#include "support/served.hpp"

namespace microframe {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::client_from;
using test::RawClient;
using test::rejected;
using test::upgrade_request;

// Sends each device the address that it comes from, as the application sees it.
class Who : public ws::ChatBase {
 public:
  void on_connect(ws::WebSocket& socket, const ws::UserId&) {
    socket.send_text(socket.remote_address());
  }
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    socket.send(message);
  }
};

const std::string kV1 = "PROXY TCP4 203.0.113.9 127.0.0.1 50000 443\r\n";
// 203.0.113.9:50000, with a TLV behind the addresses.
const std::string kV2 =
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x11\xCB\0\x71\x09\x7F\0\0\1\xC3\x50\1\xBB\x04\0\2hi"s;
const std::string kV2Local = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"s;

class Behind : public test::AppTest {
 protected:
  Who& who = app.route<Who>("/ws", auth);

  void begin(ProxyForm form, std::size_t threads = 1) {
    limits.devices_per_user_max = 10'000;
    app.trusted_proxies(TrustedProxies({"127.0.0.2", "127.0.0.9"}, form));
    start(threads);
  }
  std::string request(const std::string& fields = {}) const {
    return upgrade_request("/ws?token=" + token("alice"), fields);
  }
  static std::string forwarded_for(const std::string& list) {
    return "X-Forwarded-For: " + list + "\r\n";
  }
  // returns: the address that the application sees for a peer that sends `bytes` from `source`.
  std::string seen(const char* source, const std::string& bytes) const {
    RawClient client = client_from(source, app.port());
    client.send(bytes);
    EXPECT_EQ(client.read_status(), 101U);
    return client.read_text();
  }
  unsigned status(const char* source, const std::string& bytes) const {
    RawClient client = client_from(source, app.port());
    client.send(bytes);
    return client.read_status();
  }
  // Keeps the connection open.
  // returns: the status of its handshake.
  std::pair<RawClient, unsigned> keep(const char* source, const std::string& bytes) const {
    RawClient client = client_from(source, app.port());
    client.send(bytes);
    const unsigned status = client.read_status();
    return {std::move(client), status};
  }
};

TEST_F(Behind, AProxysXForwardedForNamesTheClient) {
  begin(ProxyForm::x_forwarded_for);
  EXPECT_EQ(seen("127.0.0.2", request(forwarded_for("203.0.113.9"))), "203.0.113.9");
  EXPECT_EQ(seen("127.0.0.2", request(forwarded_for("10.0.0.1, 203.0.113.9, 127.0.0.9"))),
            "203.0.113.9");
  EXPECT_EQ(seen("127.0.0.9", request(forwarded_for("2001:db8::1"))), "2001:db8::1");
  EXPECT_EQ(seen("127.0.0.2", request()).substr(0, 10), "127.0.0.2:");
  EXPECT_EQ(seen("127.0.0.2", request(forwarded_for("unknown"))).substr(0, 10), "127.0.0.2:");
}

TEST_F(Behind, XForwardedForOfAnotherPeerChangesNothing) {
  begin(ProxyForm::x_forwarded_for);
  EXPECT_EQ(seen("127.0.0.3", request(forwarded_for("203.0.113.9"))).substr(0, 10), "127.0.0.3:");
  EXPECT_EQ(seen("127.0.0.3", request(forwarded_for("127.0.0.2"))).substr(0, 10), "127.0.0.3:");
}

TEST_F(Behind, NobodyIsTrustedUnlessListed) {
  start(1);
  EXPECT_EQ(seen("127.0.0.1", request(forwarded_for("203.0.113.9"))).substr(0, 10), "127.0.0.1:");
  EXPECT_EQ(status("127.0.0.1", kV1 + request()), 400U);
}

TEST_F(Behind, EachClientHasItsOwnLimit) {
  limits.connections_per_address_max = 2;
  begin(ProxyForm::x_forwarded_for);
  test::LogCapture log;
  std::vector<RawClient> kept;
  for (const char* client :
       {"203.0.113.9", "203.0.113.9", "198.51.100.1", "198.51.100.1", "2001:db8::1"}) {
    auto [made, status] = keep("127.0.0.2", request(forwarded_for(client)));
    EXPECT_EQ(status, 101U) << client;
    kept.push_back(std::move(made));
  }
  EXPECT_EQ(status("127.0.0.2", request(forwarded_for("203.0.113.9"))), 429U);
  EXPECT_EQ(status("127.0.0.9", request(forwarded_for("203.0.113.9"))), 429U)
      << "whichever proxy it comes by";
  EXPECT_EQ(status("127.0.0.2", request(forwarded_for("127.0.0.9, 203.0.113.9"))), 429U);
  EXPECT_TRUE(log.has("reason=address_full peer=203.0.113.9 ")) << log.text();
  kept.erase(kept.begin());
  eventually([&] { return who.connection_count() == 4; });
  eventually([&] { return status("127.0.0.2", request(forwarded_for("203.0.113.9"))) == 101U; });
}

// Scaled down from 10,000, so that both ends fit the descriptors of one process.
TEST_F(Behind, S42_ManyConnectionsFromOneAddressAreRefusedPastItsLimitWhateverTheyForge) {
  constexpr int kLimit = 1'000;
  constexpr int kAll = 1'500;
  begin(ProxyForm::x_forwarded_for, 2);
  RawClient neighbour = client("neighbour");
  neighbour.read_text();
  const std::string plain = request();
  std::vector<RawClient> kept;
  int refused = 0;
  for (int i = 0; i < kAll; ++i) {
    const std::string forged = request(forwarded_for("203.0.113." + std::to_string(i % 250)));
    auto [made, status] = keep("127.0.0.3", i % 2 == 0 ? plain : forged);
    if (status == 101) kept.push_back(std::move(made));
    if (status == 429) ++refused;
  }
  EXPECT_EQ(kept.size(), std::size_t{kLimit});
  EXPECT_EQ(refused, kAll - kLimit);
  EXPECT_EQ(rejected(app.port(), "address_full"), kAll - kLimit);
  neighbour.send_text("still here");
  EXPECT_EQ(neighbour.read_text(), "still here");
  EXPECT_EQ(status("127.0.0.4", plain), 101U);
  EXPECT_EQ(status("127.0.0.2", request(forwarded_for("203.0.113.1"))), 101U)
      << "of whom no connection is open";
  EXPECT_EQ(status("127.0.0.2", request(forwarded_for("127.0.0.3"))), 429U)
      << "the proxy's word counts";
}

TEST_F(Behind, AProxyHeaderNamesTheClient) {
  begin(ProxyForm::proxy_protocol);
  EXPECT_EQ(seen("127.0.0.2", kV1 + request()), "203.0.113.9:50000");
  EXPECT_EQ(seen("127.0.0.9", kV2 + request()), "203.0.113.9:50000");
  EXPECT_EQ(seen("127.0.0.2", kV2Local + request()).substr(0, 10), "127.0.0.2:");
  EXPECT_EQ(seen("127.0.0.2", "PROXY UNKNOWN\r\n" + request()).substr(0, 10), "127.0.0.2:");
}

TEST_F(Behind, AProxyHeaderMayComeInPieces) {
  begin(ProxyForm::proxy_protocol);
  for (const std::string& header : {kV1, kV2}) {
    const std::string bytes = header + request();
    for (const std::size_t cut : {std::size_t{1}, std::size_t{6}, std::size_t{15},
                                  header.size() - 1, header.size(), header.size() + 1}) {
      RawClient client = client_from("127.0.0.2", app.port());
      client.send(bytes.substr(0, cut));
      EXPECT_TRUE(client.silent());
      client.send(bytes.substr(cut));
      EXPECT_EQ(client.read_status(), 101U) << cut;
      EXPECT_EQ(client.read_text(), "203.0.113.9:50000") << cut;
      client.send_text("after");
      EXPECT_EQ(client.read_text(), "after") << cut;
    }
  }
}

TEST_F(Behind, ProxyWithoutAValidHeaderIsDropped) {
  begin(ProxyForm::proxy_protocol);
  EXPECT_EQ(status("127.0.0.2", request()), 0U);
  EXPECT_EQ(status("127.0.0.2", "PROXY TCP4 nobody nowhere 1 2\r\n" + request()), 0U);
  {
    RawClient half = client_from("127.0.0.2", app.port());
    half.send("PROXY ");
    ::shutdown(half.fd(), SHUT_WR);
    EXPECT_TRUE(half.at_end());
  }
  {
    RawClient probe = client_from("127.0.0.2", app.port());
  }  // only checks whether the port is open
  // Asked behind a header, like everything here. A check of the port is not an error.
  const auto count = [&] {
    RawClient client = client_from("127.0.0.9", app.port());
    client.send(kV2Local + "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    return client.read_all();
  };
  eventually([&] {
    return count().find("rejected_total{reason=\"proxy_header\"} 3\n") != std::string::npos;
  });
}

TEST_F(Behind, OnlyProxiesConnectWherePROXYHeadersAreRequired) {
  begin(ProxyForm::proxy_protocol);
  EXPECT_EQ(status("127.0.0.3", request()), 403U);
  EXPECT_EQ(status("127.0.0.3", kV1 + request()), 403U);
  EXPECT_EQ(status("127.0.0.3", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), 403U);
  EXPECT_EQ(who.connection_count(), 0U);
}

TEST_F(Behind, MissingProxyHeaderIsDroppedAtTheHeadsTimeLimit) {
  limits.head_time = 200ms;
  begin(ProxyForm::proxy_protocol);
  test::LogCapture log;
  RawClient slow = client_from("127.0.0.2", app.port());
  slow.send("PROXY TCP4 203");
  EXPECT_TRUE(slow.at_end());
  EXPECT_TRUE(log.has("reason=proxy_timeout peer=127.0.0.2:")) << log.text();
}

TEST_F(Behind, ClientNamedByAProxyHeaderHasItsOwnLimitAndCannotForge) {
  limits.connections_per_address_max = 1;
  begin(ProxyForm::both);
  const auto [first, first_status] = keep("127.0.0.2", kV1 + request());
  EXPECT_EQ(first_status, 101U);
  EXPECT_EQ(status("127.0.0.2", kV2 + request()), 429U);
  EXPECT_EQ(status("127.0.0.2", kV2 + request(forwarded_for("198.51.100.1"))), 429U);
  EXPECT_EQ(seen("127.0.0.2", "PROXY TCP4 203.0.113.8 127.0.0.1 1 2\r\n" +
                                  request(forwarded_for("198.51.100.1"))),
            "203.0.113.8:1");
}

TEST_F(Behind, ProxyBehindAProxyIsBelievedWithBothForms) {
  begin(ProxyForm::both);
  const std::string proxy = "PROXY TCP4 127.0.0.9 127.0.0.1 1 2\r\n";
  EXPECT_EQ(seen("127.0.0.2", proxy + request(forwarded_for("198.51.100.1"))), "198.51.100.1");
}

TEST_F(Behind, XForwardedForIsIgnoredWithPROXYHeadersAlone) {
  begin(ProxyForm::proxy_protocol);
  const std::string proxy = "PROXY TCP4 127.0.0.9 127.0.0.1 1 2\r\n";
  EXPECT_EQ(seen("127.0.0.2", proxy + request(forwarded_for("198.51.100.1"))), "127.0.0.9:1");
}

TEST_F(Behind, AStopDoesNotWaitForAProxyHeader) {
  begin(ProxyForm::proxy_protocol);
  RawClient waiting = client_from("127.0.0.2", app.port());
  waiting.send("PROXY ");
  EXPECT_TRUE(waiting.silent());
  app.stop();
  app.wait();
  EXPECT_TRUE(waiting.at_end());
}

TEST_F(Behind, MistakeInTheListIsReportedAtStart) {
  app.trusted_proxies(TrustedProxies({"10.0.0.0/33"}));
  EXPECT_THROW(start(1), ConfigError);
}

TEST(BehindNone, PROXYHeadersWithoutAProxyAreRefusedAtStart) {
  Application app;
  app.trusted_proxies(TrustedProxies({}, ProxyForm::proxy_protocol));
  EXPECT_THROW(app.start("127.0.0.1:0"), ConfigError);
}

}  // namespace
}  // namespace microframe
