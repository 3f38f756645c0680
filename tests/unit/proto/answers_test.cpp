// What the server answers by HTTP, and the forms of a head at which two readers could differ. RFC
// 9110, RFC 9112, RFC 6455 §4.

#include <gtest/gtest.h>

#include <string>

#include "proto/handshake.hpp"
#include "proto/http_head.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_literals;

constexpr std::string_view kHandshake =
    "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n";

// The status that a request is refused with; 0 where it is taken.
unsigned refusal_of(const std::string& request) {
  const auto head = parse_request_head(request, HeadLimits{});
  if (!head) return head.error().status;
  const auto upgrade = check_upgrade(*head);
  return upgrade ? 0 : upgrade.error().status;
}

unsigned with_line(const std::string& line) {
  return refusal_of(line + "\r\nHost: a\r\n\r\n");
}

unsigned with_fields(const std::string& fields) {
  return refusal_of("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(kHandshake) + fields + "\r\n");
}

TEST(Answers, EachStatusHasItsPhrase) {
  const std::pair<unsigned, const char*> phrases[] = {
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
      {599, ""},
  };
  for (const auto& [status, phrase] : phrases) {
    const std::string text = refusal_response(status, "X: y\r\n", "why");
    const auto head = parse_response_head(
        std::string_view(text).substr(0, text.find("\r\n\r\n") + 4), HeadLimits{});
    ASSERT_TRUE(head) << status;
    EXPECT_EQ(head->status, status);
    EXPECT_EQ(head->reason, phrase);
    EXPECT_EQ(head->find("x"), "y");
    EXPECT_TRUE(text.ends_with("\r\n\r\nwhy\n"));
  }
}

TEST(Answers, AnswersHeadWithoutTheBody) {
  EXPECT_EQ(page_response("A: b\r\n", "body", false),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\nA: b\r\n\r\nbody");
  EXPECT_EQ(page_response("", "body", true),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n");
}

TEST(Answers, Answers505OnlyToAnotherVersionOfHttp) {  // RFC 9112 §2.3
  for (const char* version : {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9"})
    EXPECT_EQ(with_line("GET / "s + version), 505U);
  for (const char* version :
       {"HTTP/1,1", "HTTP//.1", "HTTP/:.1", "HTTP/1./", "HTTP/1.:", "HTCP/1.1", "HTTP/1.1 "}) {
    EXPECT_EQ(with_line("GET / "s + version), 400U) << version;
  }
}

TEST(Answers, LimitsTheFieldsOfAHeadThatComesWhole) {
  HeadLimits limits;
  limits.fields_max = 2;
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n";
  EXPECT_TRUE(parse_request_head(start + "\r\n", limits));
  const auto request = parse_request_head(start + "D: e\r\n\r\n", limits);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().status, 431U);
  EXPECT_FALSE(parse_response_head("HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", limits));
}

TEST(Answers, ABareLineEndIsRefusedInEveryHead) {  // RFC 9112 §2.2
  for (const char* head :
       {"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r"}) {
    EXPECT_EQ(refusal_of(head), 400U);
  }
  EXPECT_FALSE(parse_response_head("HTTP/1.1 101 Fine\nA: b\r\n\r\n", HeadLimits{}));
}

TEST(Answers, AListMayHoldItsTokenTwice) {
  EXPECT_EQ(refusal_of(
                "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket, websocket\r\nConnection: "
                "Upgrade, upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
            0U);
}

TEST(Answers, AKeyIsSixteenBytesOfBase64) {  // §4.2.1
  const auto key = [](const char* text) {
    return with_fields("Sec-WebSocket-Key: "s + text + "\r\n");
  };
  EXPECT_EQ(key("AAAAAAAAAAAAAAAAAAAAAA=="), 0U);
  EXPECT_EQ(key("zz99++//AAAAAAAAAAAAAg=="), 0U);
  EXPECT_EQ(key("AAAAAAAAAAAAAAAAAAAAAB=="), 0U) << "B18: the last four bits mean nothing";
  for (const char* bad :
       {"AAAAAAAAAA*AAAAAAAAAAA==", "AAAAAAAAAA[AAAAAAAAAAA==", "AAAAAAAAAA{AAAAAAAAAAA==",
        "AAAAAAAAAA:AAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAAA=", ""}) {
    EXPECT_EQ(key(bad), 400U) << bad;
  }
}

TEST(Answers, RefusesExtensionsOfAWrongForm) {  // §9.1
  const auto extensions = [](const char* text) {
    return with_fields(
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: "s + text +
        "\r\n");
  };
  for (const char* good : {"a", "a, b", "a; b; c=d, e", "a; b=\"c\"", "a ; b = \"c\" ", "a; b=8"}) {
    EXPECT_EQ(extensions(good), 0U) << good;
  }
  // RFC 9110 §5.6.1.2: an empty element is none.
  for (const char* good : {"", "a,", ", a", "a,, b"}) EXPECT_EQ(extensions(good), 0U) << good;
  for (const char* bad :
       {";", "a;", "a; =b", "a; b=", "a; b=\"", "a; b=\"c d\"", "a; b=\"\"", "a b"}) {
    EXPECT_EQ(extensions(bad), 400U) << bad;
  }
}

}  // namespace
}  // namespace microframe::proto
