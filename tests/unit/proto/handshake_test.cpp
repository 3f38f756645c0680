// HTTP heads and the opening handshake. RFC 9112, RFC 6455 §4.

#include "proto/handshake.hpp"

#include <gtest/gtest.h>

#include "proto/http_head.hpp"
#include "support/bytes.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_literals;

constexpr std::string_view kGoodRequest =
    "GET /ws/chat?token=x HTTP/1.1\r\nHost: server.example:8000\r\nUpgrade: "
    "websocket\r\nConnection: "
    "Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

// kGoodRequest with the first occurrence of `from` replaced.
std::string with(std::string_view from, std::string_view to) {
  std::string text(kGoodRequest);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}
std::string with_field(std::string_view field) {
  return with("\r\n\r\n", "\r\n" + std::string(field) + "\r\n\r\n");
}

// The status a server answers to this request: 101, or what refuses it.
unsigned status_of(std::string_view request, HeadLimits limits = {}) {
  HeadScanner scanner(limits);
  const auto end = scanner.scan(base::as_bytes(request));
  if (!end) return end.error().status;
  if (!*end) return 0;
  const auto head = parse_request_head(request.substr(0, **end), limits);
  if (!head) return head.error().status;
  const auto upgrade = check_upgrade(*head);
  return upgrade ? 101 : upgrade.error().status;
}

// The same, the request coming a byte at a time.
unsigned status_bytewise(std::string_view request, HeadLimits limits = {}) {
  HeadScanner scanner(limits);
  for (std::size_t size = 1; size <= request.size(); ++size) {
    const auto end = scanner.scan(base::as_bytes(request.substr(0, size)));
    if (!end) return end.error().status;
    if (*end) {
      EXPECT_EQ(**end, size);
      return status_of(request.substr(0, size), limits);
    }
  }
  return 0;
}

struct HandshakeCase {
  const char* name;
  std::string request;
  unsigned status;
};

const HandshakeCase kHandshakeCases[] = {
    {"§4.1 a good request", std::string(kGoodRequest), 101},
    {"§4.2.1 names of fields have no case", with("Upgrade: websocket", "uPGRADE: WebSocket"), 101},
    {"§4.2.1 Connection is a list", with("Connection: Upgrade", "Connection: keep-alive, Upgrade"),
     101},
    {"§4.2.1 Connection in two fields",
     with("Connection: Upgrade", "Connection: keep-alive\r\nConnection: upgrade"), 101},
    {"§4.2.1 Upgrade is a list", with("Upgrade: websocket", "Upgrade: h2c, websocket"), 101},
    {"absolute-form", with("GET /ws/chat", "GET http://server.example:8000/ws/chat"), 101},
    {"no space after the colon", with("Host: ", "Host:"), 101},
    {"white space around a value",
     with("Host: server.example:8000", "Host: \t server.example:8000 \t"), 101},
    {"§9.1 extensions",
     with_field("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x; y=\"1\""),
     101},
    {"§4.1 subprotocols", with_field("Sec-WebSocket-Protocol: a, b"), 101},
    {"Content-Length 0", with_field("Content-Length: 0"), 101},
    {"§4.2.1 not GET", with("GET", "POST"), 405},
    {"lower-case method", with("GET", "get"), 405},
    {"no Upgrade", with("Upgrade: websocket\r\n", ""), 426},
    {"Upgrade to something else", with("Upgrade: websocket", "Upgrade: h2c"), 426},
    {"Upgrade: websockets", with("Upgrade: websocket", "Upgrade: websockets"), 426},
    {"no Connection", with("Connection: Upgrade\r\n", ""), 400},
    {"Connection without upgrade", with("Connection: Upgrade", "Connection: keep-alive"), 400},
    {"§4.2.2 version 8", with("Version: 13", "Version: 8"), 426},
    {"§4.2.2 version 14", with("Version: 13", "Version: 14"), 426},
    {"version twice", with_field("Sec-WebSocket-Version: 13"), 400},
    {"version as a list", with("Version: 13", "Version: 13, 8"), 426},
    {"no version", with("Sec-WebSocket-Version: 13\r\n", ""), 400},
    {"no key", with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400},
    {"empty key", with("dGhlIHNhbXBsZSBub25jZQ==", ""), 400},
    {"key of 15 bytes", with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j"), 400},
    {"key of 17 bytes", with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZWU="), 400},
    {"key that is no base64", with("dGhlIHNhbXBsZSBub25jZQ==", "dGhl!HNhbXBsZSBub25jZQ=="), 400},
    {"B18 §4.1: the key of the RFC's own example has stray bits",
     with("dGhlIHNhbXBsZSBub25jZQ==", "AQIDBAUGBwgJCgsMDQ4PEC=="), 101},
    {"key twice", with_field("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400},
    {"scenario 8: a body", with_field("Content-Length: 5"), 400},
    {"scenario 8: Transfer-Encoding", with_field("Transfer-Encoding: chunked"), 400},
    {"scenario 8: two Content-Lengths", with_field("Content-Length: 0\r\nContent-Length: 0"), 400},
    {"subprotocol that is no token", with_field("Sec-WebSocket-Protocol: a b"), 400},
    {"scenario 4: spaces in the protocol list",
     with_field("Sec-WebSocket-Protocol: b" + std::string(15000, ' ') + "x"), 400},
    {"B18 RFC 9110 §5.6.1: an empty element", with_field("Sec-WebSocket-Protocol: a,,b"), 101},
    {"B18 an empty list of subprotocols", with_field("Sec-WebSocket-Protocol: "), 101},
    {"B18 an empty list of extensions", with_field("Sec-WebSocket-Extensions:"), 101},
    {"B18 an empty element among extensions", with_field("Sec-WebSocket-Extensions: , x,, y"), 101},
    {"B18 an empty element in Connection",
     with("Connection: Upgrade", "Connection: , keep-alive,, Upgrade"), 101},
    {"B19 a malformed Content-Length", with_field("Content-Length: x"), 400},
    {"subprotocol twice", with_field("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a"),
     400},
    {"extension without a name", with_field("Sec-WebSocket-Extensions: ;x"), 400},
    {"extension with an open quote", with_field("Sec-WebSocket-Extensions: a; b=\"1"), 400},
    {"extension parameter that is no token", with_field("Sec-WebSocket-Extensions: a; b=\"1 2\""),
     400},
    {"HTTP/1.0", with("HTTP/1.1", "HTTP/1.0"), 505},
    {"HTTP/2.0", with("HTTP/1.1", "HTTP/2.0"), 505},
    {"HTTP/1.10", with("HTTP/1.1", "HTTP/1.10"), 400},
    {"no version", with(" HTTP/1.1", ""), 400},
    {"two spaces", with("GET /", "GET  /"), 400},
    {"a space in the target", with("/ws/chat", "/ws /chat"), 400},
    {"a fragment in the target", with("/ws/chat", "/ws#chat"), 400},
    {"a control in the target", with("/ws/chat", "/ws\x1B"s + "chat"), 400},
    {"asterisk-form", with("/ws/chat?token=x", "*"), 400},
    {"authority-form", with("/ws/chat?token=x", "server.example:443"), 400},
    {"no Host", with("Host: server.example:8000\r\n", ""), 400},
    {"two Hosts", with_field("Host: other"), 400},
    {"space before the colon", with("Host:", "Host :"), 400},
    {"folded field", with("Host: server.example:8000", "Host: server\r\n .example:8000"), 400},
    {"field without a colon", with_field("nonsense"), 400},
    {"field without a name", with_field(": x"), 400},
    {"a zero in a value", with_field("X: a"s + '\0' + "b"), 400},
    {"an escape in a value", with_field("X: \x1B[31m"), 400},
    {"bare line feed", with("\r\nUpgrade", "\nUpgrade"), 400},
    {"bare carriage return", with_field("X: a\rb"), 400},
    {"an empty first line", "\r\n" + std::string(kGoodRequest), 400},
    {"obs-text in a value is allowed", with_field("X: \xC3\xA9"), 101},
};

TEST(Handshake, AnswersEachRequestWithTheStatusOfItsFault) {
  for (const HandshakeCase& c : kHandshakeCases) {
    EXPECT_EQ(status_of(c.request), c.status) << c.name;
    EXPECT_EQ(status_bytewise(c.request), c.status) << c.name << ", a byte at a time";
  }
}

TEST(Handshake, LimitsTheHeadByBytes) {
  HeadLimits limits;
  limits.bytes_max = kGoodRequest.size();
  EXPECT_EQ(status_of(kGoodRequest, limits), 101U);
  limits.bytes_max = kGoodRequest.size() - 1;
  EXPECT_EQ(status_of(kGoodRequest, limits), 431U);
  EXPECT_EQ(status_bytewise(kGoodRequest, limits), 431U);
}

TEST(Handshake, LimitsTheHeadByFields) {
  HeadLimits limits;
  limits.fields_max = 5;
  EXPECT_EQ(status_of(kGoodRequest, limits), 101U);
  EXPECT_EQ(status_of(with_field("X: y"), limits), 431U);
}

TEST(Handshake, ComputesTheRfcsExample) {  // §1.3
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, SplitsTheTargetIntoPathAndQuery) {
  const auto head = parse_request_head(kGoodRequest, {});
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->path, "/ws/chat");
  EXPECT_EQ(head->query, "token=x");
}

class ClientSide : public testing::Test {
 protected:
  ClientRequest request() {
    ClientRequest made;
    made.host = "server.example";
    made.target = "/ws";
    made.key = "dGhlIHNhbXBsZSBub25jZQ==";
    made.subprotocols = {"chat", "other"};
    return made;
  }
  // The verdict on an answer: "ok:protocol" or the reason.
  std::string verdict(const std::string& answer) {
    const auto head = parse_response_head(answer, {});
    if (!head) return "head";
    const auto made = request();
    const auto checked = check_response(*head, made);
    return checked ? "ok:" + std::string(checked.value().subprotocol) : "refused";
  }
};

TEST_F(ClientSide, MakesARequestThatAServerAccepts) {
  EXPECT_EQ(status_of(make_request(request())), 101U);
}

TEST_F(ClientSide, ChecksTheAnswer) {
  const std::string good = accept_response("dGhlIHNhbXBsZSBub25jZQ==", "chat");
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_EQ(verdict(good), "ok:chat");
  EXPECT_EQ(verdict(accept_response("dGhlIHNhbXBsZSBub25jZQ==", "")), "ok:");
  EXPECT_EQ(verdict(changed("101", "200")), "refused");
  EXPECT_EQ(verdict(changed("s3pP", "s3pQ")), "refused");
  EXPECT_EQ(verdict(changed("Upgrade: websocket", "Upgrade: h2c")), "refused");
  EXPECT_EQ(verdict(changed("Connection: Upgrade", "Connection: close")), "refused");
  EXPECT_EQ(verdict(changed("Protocol: chat", "Protocol: mine")), "refused");
  EXPECT_EQ(
      verdict(changed("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")),
      "refused");
  EXPECT_EQ(verdict(changed("HTTP/1.1", "HTTP/1.0")), "head");
  EXPECT_EQ(verdict(changed("101 ", "1e1 ")), "head");
}

}  // namespace
}  // namespace microframe::proto
