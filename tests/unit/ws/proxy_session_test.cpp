// Connections that must begin with a PROXY header, until they are HTTP's.
#include "ws/proxy_session.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "unit/ws/loop_site.hpp"

namespace microframe::ws {
namespace {

using guard::Rejection;
using test::kHour;
using test::LoopSite;
using test::patient_limits;
using test::peer;
using test::RawClient;
using test::token_of;
using test::upgrade_request;
using Kind = Resident::Kind;

constexpr char kHeader[] = "PROXY TCP4 203.0.113.7 192.0.2.9 4321 443\r\n";

class ProxySessionTest : public testing::Test {
 protected:
  void serve(const Limits& limits = patient_limits(), ProxyForm form = ProxyForm::proxy_protocol) {
    site.emplace(limits, Compression{}, TrustedProxies({"10.0.0.0/8"}, form));
    site->add_chat();
    site->start();
  }
  // From the proxy.
  RawClient connect(const std::string& bytes) {
    RawClient client = site->connect(peer("10.0.0.1"));
    client.send(bytes);
    return client;
  }
  static std::string request(const std::string& fields = "") {
    return upgrade_request("/ws", "Authorization: Bearer " + token_of("alice") + "\r\n" + fields);
  }
  std::string address_of_last() {
    std::string address;
    site->on_loop([&] { address = site->notes.handles.back().remote_address(); });
    return address;
  }

  std::optional<LoopSite> site;
};

TEST_F(ProxySessionTest, HeaderNamesTheClientOfTheRequestBehindIt) {
  serve();
  RawClient client = connect(kHeader + request());
  EXPECT_EQ(client.read_status(), 101U);
  EXPECT_EQ(address_of_last(), "203.0.113.7:4321");
}

TEST_F(ProxySessionTest, HeaderMayComeInPiecesWhereverItIsCut) {
  serve();
  const std::string header = kHeader;
  for (std::size_t cut = 1; cut < header.size(); ++cut) {
    RawClient client = connect(header.substr(0, cut));
    site->settle();
    EXPECT_EQ(site->count(Kind::proxy), 1U);
    client.send(header.substr(cut));
    client.send(request());
    EXPECT_EQ(client.read_status(), 101U) << cut;
  }
}

TEST_F(ProxySessionTest, HeaderThatNamesNobodyLeavesTheProxyItself) {
  serve();
  RawClient client = connect("PROXY UNKNOWN\r\n" + request());
  EXPECT_EQ(client.read_status(), 101U);
  EXPECT_EQ(address_of_last(), "10.0.0.1:5000");
}

TEST_F(ProxySessionTest, ForwardedForCountsOnlyWhereBothFormsDo) {
  // A proxy in front of the proxy that sends the header.
  const std::string bytes =
      "PROXY TCP4 10.0.0.2 192.0.2.9 4321 443\r\n" + request("X-Forwarded-For: 203.0.113.7\r\n");
  serve(patient_limits(), ProxyForm::both);
  EXPECT_EQ(connect(bytes).read_status(), 101U);
  EXPECT_EQ(address_of_last(), "203.0.113.7");
  serve(patient_limits(), ProxyForm::proxy_protocol);
  EXPECT_EQ(connect(bytes).read_status(), 101U);
  EXPECT_EQ(address_of_last(), "10.0.0.2:4321");
}

TEST_F(ProxySessionTest, PeerThatIsNoProxyIsRefused) {
  serve();
  RawClient client = site->connect(peer("192.0.2.1"));
  client.send(kHeader + request());
  EXPECT_EQ(client.read_status(), 403U);
  EXPECT_EQ(site->rejections(Rejection::no_proxy), 1U);
}

TEST_F(ProxySessionTest, WhatIsNoHeaderEndsTheStreamWithoutAnAnswer) {
  serve();
  for (const std::string& bytes : {request(), std::string("PROXY TCP4 nobody\r\n")})
    EXPECT_EQ(connect(bytes).read_all(), "");
  EXPECT_EQ(site->rejections(Rejection::proxy_header), 2U);
  EXPECT_EQ(site->count(Kind::proxy), 0U);
}

TEST_F(ProxySessionTest, StreamThatEndsInTheHeaderIsCountedButAnEmptyOneIsNot) {
  serve();
  connect("");  // both hang up at once
  connect("PROXY TCP4 ");
  while (site->count(Kind::proxy) != 0) site->settle();
  EXPECT_EQ(site->rejections(Rejection::proxy_header), 1U);
  EXPECT_EQ(site->site.registries.admission.connections(), 0U);
}

TEST_F(ProxySessionTest, HeaderThatDoesNotComeInTimeEndsTheStream) {
  serve();
  RawClient client = connect("PROXY TCP4 ");
  site->settle();
  site->pass(kHour - std::chrono::minutes(1));
  EXPECT_EQ(site->count(Kind::proxy), 1U);
  site->pass(std::chrono::minutes(2));
  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(site->rejections(Rejection::proxy_timeout), 1U);
}

TEST_F(ProxySessionTest, ConnectionsAreCountedForTheClientThatTheHeaderNames) {
  Limits limits = patient_limits();
  limits.connections_per_address_max = 1;
  serve(limits);
  RawClient first = connect(kHeader + request());
  EXPECT_EQ(first.read_status(), 101U);
  EXPECT_EQ(connect(kHeader + request()).read_status(), 429U);
  const std::string other = "PROXY TCP4 203.0.113.8 192.0.2.9 4321 443\r\n";
  EXPECT_EQ(connect(other + request()).read_status(), 101U);
}

TEST_F(ProxySessionTest, DrainDropsConnectionsWithoutTheirHeader) {
  serve();
  RawClient client = connect("PROXY TCP4 ");
  site->settle();
  site->on_loop([&] { site->server().drain([&] { site->journal.note("drained"); }); });
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(site->journal.wait_for("drained"));
  EXPECT_EQ(site->rejections(Rejection::proxy_header), 0U);
}

}  // namespace
}  // namespace microframe::ws
