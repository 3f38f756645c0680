// A connection from accept until it has had its one HTTP answer.
#include "ws/http_connection.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

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
using Verdict = guard::Admission::Verdict;

std::string get(const std::string& path, const std::string& method = "GET",
                const std::string& fields = "") {
  return method + " " + path + " HTTP/1.1\r\nHost: app.example\r\n" + fields + "\r\n";
}

class HttpConnectionTest : public testing::Test {
 protected:
  void serve(const Limits& limits = patient_limits(), const TrustedProxies& proxies = {}) {
    site.emplace(limits, Compression{}, proxies);
    site->add_chat();
    auto& pages = site->site.settings.routes.served.pages;
    pages["/page"] = {"text/plain", [] { return std::string("a page\n"); }};
    pages["/ready"] = {"text/plain", [] { return std::string("stopping"); },
                       [this] { return is_ready; }};
    site->start();
  }
  std::string answer_to(const std::string& request) {
    RawClient client = site->connect();
    client.send(request);
    return client.read_all();
  }

  bool is_ready = false;
  std::optional<LoopSite> site;
};

// --- pages ---

TEST_F(HttpConnectionTest, PageIsAnsweredWithItsBodyAndTheEndOfTheStream) {
  serve();
  const std::string answer = answer_to(get("/page"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nContent-Length: 7\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\r\nContent-Type: text/plain\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\r\nX-Content-Type-Options: nosniff\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\na page\n"));
}

TEST_F(HttpConnectionTest, HeadOfAPageIsAnsweredWithoutTheBody) {
  serve();
  const std::string answer = answer_to(get("/page", "HEAD"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nContent-Length: 7\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpConnectionTest, PageThatIsNotGoodIsAnsweredWith503) {
  serve();
  const std::string answer = answer_to(get("/ready"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("stopping"), std::string::npos);
  is_ready = true;
  EXPECT_TRUE(answer_to(get("/ready")).starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpConnectionTest, OtherMethodsAndPathsAreRefused) {
  serve();
  const std::string post = answer_to(get("/page", "POST", "Content-Length: 0\r\n"));
  EXPECT_TRUE(post.starts_with("HTTP/1.1 405 ")) << post;
  EXPECT_NE(post.find("\r\nAllow: GET, HEAD, OPTIONS\r\n"), std::string::npos);
  EXPECT_EQ(site->rejections(Rejection::bad_request), 1U);
  EXPECT_TRUE(answer_to(get("/nowhere")).starts_with("HTTP/1.1 404 "));
  EXPECT_EQ(site->rejections(Rejection::not_found), 1U);
}

// --- heads ---

TEST_F(HttpConnectionTest, HeadMayComeInPiecesWhereverItIsCut) {
  serve();
  const std::string head = get("/page");
  for (std::size_t cut = 1; cut < head.size(); ++cut) {
    RawClient client = site->connect();
    client.send(head.substr(0, cut));
    site->settle();
    client.send(head.substr(cut));
    EXPECT_EQ(client.read_status(), 200U) << cut;
  }
}

TEST_F(HttpConnectionTest, HeadMayComeByteByByteWithTheFramesBehindIt) {
  serve();
  RawClient client = site->connect();
  const std::string bytes =
      upgrade_request("/ws", "Authorization: Bearer " + token_of("alice") + "\r\n") +
      test::frame(0x81, R"({"do":"echo"})");
  for (const char byte : bytes) client.send({&byte, 1});
  EXPECT_EQ(client.read_status(), 101U);
  EXPECT_EQ(client.read_text(), R"({"do":"echo"})");
}

TEST_F(HttpConnectionTest, HeadsPastALimitAreRefusedWith431) {
  Limits limits = patient_limits();
  limits.head_bytes_max = 500;
  limits.head_fields_max = 3;
  serve(limits);
  const std::string many = "A: 1\r\nB: 2\r\nC: 3\r\n";
  for (const auto& fields : {"Long: " + std::string(500, 'x') + "\r\n", many})
    EXPECT_TRUE(answer_to(get("/page", "GET", fields)).starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(answer_to(std::string(600, 'x')).starts_with("HTTP/1.1 4"))
      << "refused before its end has come";
  EXPECT_EQ(site->rejections(Rejection::head_too_large) + site->rejections(Rejection::bad_request),
            3U);
}

TEST_F(HttpConnectionTest, WhatIsNoHeadIsRefused) {
  serve();
  for (const char* bytes : {"no head at all\r\n\r\n", "GET /page HTTP/1.1\r\n\r\n",
                            "GET /page HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"})
    EXPECT_TRUE(answer_to(bytes).starts_with("HTTP/1.1 400 ")) << bytes;
  EXPECT_TRUE(answer_to("GET /page HTTP/2.0\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 505 "));
  EXPECT_EQ(site->rejections(Rejection::bad_request), 4U);
}

TEST_F(HttpConnectionTest, HeadThatDoesNotComeInTimeIsRefusedWith408) {
  serve();
  RawClient silent = site->connect();
  RawClient slow = site->connect();
  slow.send("GET /page HTTP/1.1\r\n");
  site->settle();
  site->pass(kHour - std::chrono::minutes(1));
  EXPECT_EQ(site->rejections(Rejection::head_timeout), 0U);
  site->pass(std::chrono::minutes(2));
  EXPECT_EQ(silent.read_status(), 408U);
  EXPECT_EQ(slow.read_status(), 408U);
  EXPECT_EQ(site->rejections(Rejection::head_timeout), 2U);
}

TEST_F(HttpConnectionTest, PeerThatReadsItsAnswerAndDoesNotHangUpIsDropped) {
  Limits limits = patient_limits();
  limits.closing_time = std::chrono::minutes(1);
  serve(limits);
  RawClient client = site->connect();
  client.send(get("/page"));
  EXPECT_EQ(client.read_status(), 200U);
  client.send(get("/page"));  // dropped: there is one answer
  site->settle();
  EXPECT_EQ(site->count(Kind::http), 1U);
  site->pass(std::chrono::minutes(2));
  EXPECT_EQ(site->count(Kind::http), 0U);
  EXPECT_EQ(client.read_all(), "a page\n");
}

TEST_F(HttpConnectionTest, PeerThatHangsUpIsCountedAsNoRefusal) {
  serve();
  for (const char* said : {"", "GET /pa"}) {
    RawClient client = site->connect();
    client.send(said);
  }
  while (site->count(Kind::http) != 0) site->settle();
  for (std::size_t i = 0; i < guard::kRejections; ++i)
    EXPECT_EQ(site->rejections(static_cast<Rejection>(i)), 0U) << i;
  EXPECT_EQ(site->site.registries.admission.connections(), 0U);
}

// --- connections past a limit ---

TEST_F(HttpConnectionTest, ConnectionPastALimitIsToldSoOnceItsRequestIsIn) {
  struct Case {
    Verdict verdict;
    Rejection why;
    unsigned status;
    unsigned page;  // what a page's request is answered with
  };
  constexpr Case cases[] = {
      {Verdict::memory_full, Rejection::memory_full, 503, 200},
      {Verdict::process_full, Rejection::server_full, 503, 200},
      {Verdict::too_fast, Rejection::handshake_flood, 503, 200},
      {Verdict::address_full, Rejection::address_full, 429, 429},
      {Verdict::no_proxy, Rejection::no_proxy, 403, 403},
  };
  for (const Case& one : cases) {
    serve();
    RawClient client = site->connect(one.verdict);
    client.send(upgrade_request("/ws", "Authorization: Bearer " + token_of("alice") + "\r\n"));
    EXPECT_EQ(client.read_status(), one.status);
    EXPECT_EQ(site->rejections(one.why), 1U);
    RawClient page = site->connect(one.verdict);
    page.send(get("/page"));
    EXPECT_EQ(page.read_status(), one.page) << to_string(one.why);
  }
}

TEST_F(HttpConnectionTest, PeerThatIsNoProxyIsRefusedWhateverItSays) {
  serve();
  RawClient client = site->connect(Verdict::no_proxy);
  client.send("PROXY TCP4 ");
  EXPECT_EQ(client.read_status(), 403U);
}

TEST_F(HttpConnectionTest, B14_OfTooManyConnectionsPastALimitTheOldestIsDroppedUnanswered) {
  serve();
  std::vector<RawClient> clients;
  for (int i = 0; i < 256; ++i) clients.push_back(site->connect(Verdict::process_full));
  EXPECT_EQ(site->count(Kind::http), 256U);
  EXPECT_EQ(site->rejections(Rejection::server_full), 0U);
  RawClient further = site->connect(Verdict::process_full);
  EXPECT_EQ(clients.front().read_all(), "");
  EXPECT_EQ(site->count(Kind::http), 256U);
  EXPECT_EQ(site->rejections(Rejection::server_full), 1U);
  further.send(get("/page"));
  EXPECT_EQ(further.read_status(), 200U);
  RawClient admitted = site->connect();
  admitted.send(get("/page"));
  EXPECT_EQ(admitted.read_status(), 200U);
}

// --- proxies that name the client in the request ---

class ForwardingTest : public HttpConnectionTest {
 protected:
  void serve_behind_proxy(const Limits& limits = patient_limits()) {
    serve(limits, TrustedProxies({"10.0.0.0/8"}));
  }
  RawClient open(const net::PeerAddress& from, const std::string& forwarded) {
    RawClient client = site->connect(from);
    client.send(upgrade_request("/ws", "Authorization: Bearer " + token_of("alice") +
                                           "\r\nX-Forwarded-For: " + forwarded + "\r\n"));
    return client;
  }
  std::string address_of_last() {
    std::string address;
    site->on_loop([&] { address = site->notes.handles.back().remote_address(); });
    return address;
  }
};

TEST_F(ForwardingTest, TrustedProxyNamesTheClient) {
  serve_behind_proxy();
  RawClient client = open(peer("10.0.0.1"), "198.51.100.9, 203.0.113.7, 10.0.0.2");
  EXPECT_EQ(client.read_status(), 101U);
  EXPECT_EQ(address_of_last(), "203.0.113.7");
}

TEST_F(ForwardingTest, AnybodyElseIsItsOwnClient) {
  serve_behind_proxy();
  RawClient client = open(peer("192.0.2.1", 1234), "203.0.113.7");
  EXPECT_EQ(client.read_status(), 101U);
  EXPECT_EQ(address_of_last(), "192.0.2.1:1234");
}

TEST_F(ForwardingTest, ConnectionsAreCountedForTheClientAndNotForTheProxy) {
  Limits limits = patient_limits();
  limits.connections_per_address_max = 1;
  serve_behind_proxy(limits);
  RawClient first = open(peer("10.0.0.1"), "203.0.113.7");
  EXPECT_EQ(first.read_status(), 101U);
  RawClient same = open(peer("10.0.0.1"), "203.0.113.7");
  EXPECT_EQ(same.read_status(), 429U);
  EXPECT_EQ(site->rejections(Rejection::address_full), 1U);
  RawClient other = open(peer("10.0.0.1"), "203.0.113.8");
  EXPECT_EQ(other.read_status(), 101U);
}

TEST_F(ForwardingTest, WithoutAProxyConnectionsAreCountedForThePeer) {
  Limits limits = patient_limits();
  limits.connections_per_address_max = 1;
  serve(limits);
  RawClient first = open(peer("192.0.2.1"), "203.0.113.7");
  EXPECT_EQ(first.read_status(), 101U);
  EXPECT_EQ(open(peer("192.0.2.1"), "203.0.113.8").read_status(), 429U);
  EXPECT_EQ(open(peer("192.0.2.2"), "203.0.113.7").read_status(), 101U);
}

}  // namespace
}  // namespace microframe::ws
