// HTTP/1.1 heads: where they end, and what they say. RFC 9110, RFC 9112.

#include "proto/http_head.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/bytes.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

struct Scan {
  const char* name;
  std::string bytes;
  std::size_t end;      // 0: it has not come
  unsigned status = 0;  // of the error
};

const HeadLimits kLimits{64, 3};

const Scan kScans[] = {
    {"nothing", "", 0},
    {"half a line", "GET / HT", 0},
    {"a line", "GET / HTTP/1.1\r\n", 0},
    {"up to the last line feed", "GET / HTTP/1.1\r\nHost: x\r\n\r", 0},
    {"whole", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27},
    {"whole without fields", "GET / HTTP/1.1\r\n\r\n", 18},
    {"what follows is not read", "GET / HTTP/1.1\r\n\r\n\n\n" + std::string(100, 'x'), 18},
    {"an empty first line", "\r\nGET / HTTP/1.1\r\n\r\n", 0, 400},
    {"a bare line feed first", "\n", 0, 400},
    {"a bare line feed", "GET / HTTP/1.1\nHost: x\n\n", 0, 400},
    {"a bare line feed behind the last field", "GET / HTTP/1.1\r\nHost: x\r\n\n", 0, 400},
    {"three fields", "G / \r\na:\r\nb:\r\nc:\r\n\r\n", 20},
    {"four fields", "G / \r\na:\r\nb:\r\nc:\r\nd:\r\n\r\n", 0, 431},
    {"as many bytes as may be", "GET /" + std::string(55, 'x') + "\r\n\r\n", 64},
    {"a byte more", "GET /" + std::string(56, 'x') + "\r\n\r\n", 0, 431},
    {"a line without end", std::string(65, 'x'), 0, 431},
    {"a line that may yet end", std::string(64, 'x'), 0},
};

// The head's end and the error's status, read in pieces of that size.
std::pair<std::size_t, unsigned> scan(std::string_view bytes, std::size_t piece) {
  HeadScanner scanner(kLimits);
  std::size_t size = 0;
  while (true) {
    size = std::min(bytes.size(), size + piece);
    const auto end = scanner.scan(base::as_bytes(bytes.substr(0, size)));
    if (!end) return {0, end.error().status};
    if (*end || size == bytes.size()) return {end.value().value_or(0), 0};
  }
}

TEST(HeadScanner, FindsTheEndHoweverItIsCut) {
  for (const Scan& c : kScans) {
    for (std::size_t piece = 1; piece <= c.bytes.size() + 1; ++piece) {
      const auto [end, status] = scan(c.bytes, piece);
      EXPECT_EQ(end, c.end) << c.name << ", in pieces of " << piece;
      EXPECT_EQ(status, c.status) << c.name << ", in pieces of " << piece;
    }
  }
}

struct Line {
  const char* name;
  std::string line;
  unsigned status;  // 200: good
  std::string_view path = {};
  std::string_view query = {};
};

const Line kLines[] = {
    {"origin-form", "GET /ws HTTP/1.1", 200, "/ws"},
    {"origin-form with a query", "GET /ws?a=b&c HTTP/1.1", 200, "/ws", "a=b&c"},
    {"an empty query", "GET /ws? HTTP/1.1", 200, "/ws", ""},
    {"a second question mark", "GET /ws?a?b HTTP/1.1", 200, "/ws", "a?b"},
    {"the root", "GET / HTTP/1.1", 200, "/"},
    {"a path is given as it was sent", "GET /%2e%2E/../a//b HTTP/1.1", 200, "/%2e%2E/../a//b"},
    {"absolute-form", "GET http://h/ws?q HTTP/1.1", 200, "/ws", "q"},
    {"absolute-form, https in capitals", "GET HTTPS://h:1/ws HTTP/1.1", 200, "/ws"},
    {"absolute-form, ws", "GET ws://h/ws HTTP/1.1", 200, "/ws"},
    {"absolute-form, wss", "GET wss://h/ HTTP/1.1", 200, "/"},
    {"absolute-form without a path", "GET http://h HTTP/1.1", 400},
    {"absolute-form of another scheme", "GET ftp://h/x HTTP/1.1", 400},
    {"authority-form", "CONNECT h:80 HTTP/1.1", 400},
    {"B15 asterisk-form", "OPTIONS * HTTP/1.1", 200, "*"},
    {"a relative path", "GET ws HTTP/1.1", 400},
    {"a target of a query only", "GET ?q HTTP/1.1", 400},
    {"any method that is a token", "M-SEARCH / HTTP/1.1", 200, "/"},
    {"a method with a comma", "GE,T / HTTP/1.1", 400},
    {"no method", " / HTTP/1.1", 400},
    {"no target", "GET  HTTP/1.1", 400},
    {"no version", "GET /", 400},
    {"HTTP/0.9", "GET / ", 400},
    {"only a method", "GET", 400},
    {"nothing but a space", " ", 400},
    {"a tab for a space", "GET\t/ HTTP/1.1", 400},
    {"two spaces before the version", "GET /  HTTP/1.1", 400},
    {"a space behind the version", "GET / HTTP/1.1 ", 400},
    {"a space before the method", " GET / HTTP/1.1", 400},
    {"B15 HTTP/1.0", "GET / HTTP/1.0", 200, "/"},
    {"B15 asterisk-form of another method", "GET * HTTP/1.1", 400},
    {"HTTP/1.2", "GET / HTTP/1.2", 505},
    {"HTTP/2.0", "GET / HTTP/2.0", 505},
    {"HTTP in lower case", "GET / http/1.1", 400},
    {"HTTP/1", "GET / HTTP/1", 400},
    {"HTTP/11.1", "GET / HTTP/11.1", 400},
    {"HTTP/x.1", "GET / HTTP/x.1", 400},
    {"HTTPS/1.1", "GET / HTTPS/1.1", 400},
    {"bytes beyond ASCII in the target", "GET /\xC3\xA9 HTTP/1.1", 400},
    {"DEL in the target", "GET /\x7F HTTP/1.1", 400},
    {"a zero in the target", "GET /\0 HTTP/1.1"s, 400},
    {"a fragment", "GET /#a HTTP/1.1", 400},
};

TEST(RequestLine, IsReadOrRefused) {
  for (const Line& c : kLines) {
    const std::string text = c.line + "\r\nHost: x\r\n\r\n";
    const auto head = parse_request_head(text, {});
    EXPECT_EQ(head ? 200 : head.error().status, c.status) << c.name;
    if (!head || c.status != 200) continue;
    EXPECT_EQ(head->method, c.line.substr(0, c.line.find(' '))) << c.name;
    EXPECT_EQ(head->path, c.path) << c.name;
    EXPECT_EQ(head->query, c.query) << c.name;
  }
}

TEST(RequestLine, B15_OfHttp10NeedsNoHost) {
  const auto head = parse_request_head("GET /x HTTP/1.0\r\n\r\n", {});
  ASSERT_TRUE(head);
  EXPECT_TRUE(head->is_http_1_0);
  EXPECT_FALSE(parse_request_head("GET /x HTTP/1.1\r\n\r\n", {}));
  EXPECT_FALSE(parse_request_head("GET /x HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", {}));
}

struct Fields {
  const char* name;
  std::string fields;
  bool good;
  std::string_view x = {};  // the value of the field X
};

const Fields kFields[] = {
    {"Host only", "Host: h\r\n", true},
    {"B19 RFC 9112 §6.3: Content-Length", "Host: h\r\nContent-Length: 5\r\n", true},
    {"B19 Content-Length is no number", "Host: h\r\nContent-Length: x\r\n", false},
    {"B19 Content-Length is negative", "Host: h\r\nContent-Length: -1\r\n", false},
    {"B19 Content-Length is empty", "Host: h\r\nContent-Length:\r\n", false},
    {"B19 Content-Length is a list", "Host: h\r\nContent-Length: 5, 5\r\n", false},
    {"B19 two Content-Lengths", "Host: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n", false},
    {"Transfer-Encoding", "Host: h\r\nTransfer-Encoding: chunked\r\n", true},
    {"an empty Host", "Host:\r\n", true},
    {"Host with a port", "Host: h.example:8000\r\n", true},
    {"an IPv6 Host", "Host: [::1]:8000\r\n", true},
    {"no Host", "", false},
    {"no Host, but others", "X: y\r\n", false},
    {"two Hosts", "Host: h\r\nhost: h\r\n", false},
    {"a Host of two words", "Host: a b\r\n", false},
    {"a Host that is a URL", "Host: http://h/\r\n", false},
    {"a Host with a user", "Host: u@h\r\n", false},
    {"a Host beyond ASCII", "Host: \xC3\xA9\r\n", false},
    {"one Origin", "Host: h\r\nOrigin: http://a\r\n", true},
    {"two Origins", "Host: h\r\nOrigin: http://a\r\nORIGIN: http://b\r\n", false},
    {"two Authorizations", "Host: h\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n",
     false},
    {"two Cookies, as HTTP/2 gateways make them", "Host: h\r\nCookie: a=b\r\nCookie: c=d\r\n",
     true},
    {"a value", "Host: h\r\nX: y\r\n", true, "y"},
    {"a value with spaces inside", "Host: h\r\nX: a  b\tc\r\n", true, "a  b\tc"},
    {"white space around a value", "Host: h\r\nX:\t y \t\r\n", true, "y"},
    {"no white space", "Host: h\r\nX:y\r\n", true, "y"},
    {"an empty value", "Host: h\r\nX:\r\n", true, ""},
    {"a value of white space", "Host: h\r\nX: \t \r\n", true, ""},
    {"a colon in a value", "Host: h\r\nX: a:b\r\n", true, "a:b"},
    {"obs-text", "Host: h\r\nX: \xFF\x80\r\n", true, "\xFF\x80"},
    {"a name in other case", "Host: h\r\nx: y\r\n", true, "y"},
    {"the first of two", "Host: h\r\nX: 1\r\nX: 2\r\n", true, "1"},
    {"a name of all marks", "Host: h\r\n!#$%&'*+-.^_`|~: y\r\n", true},
    {"a space before the colon", "Host: h\r\nX : y\r\n", false},
    {"a tab before the colon", "Host: h\r\nX\t: y\r\n", false},
    {"a space before the name", "Host: h\r\n X: y\r\n", false},
    {"a folded value", "Host: h\r\nX: a\r\n b\r\n", false},
    {"a value folded by a tab", "Host: h\r\nX: a\r\n\tb\r\n", false},
    {"a line of spaces", "Host: h\r\n  \r\n", false},
    {"no colon", "Host: h\r\nX\r\n", false},
    {"no name", "Host: h\r\n: y\r\n", false},
    {"brackets in a name", "Host: h\r\nX[0]: y\r\n", false},
    {"a byte beyond ASCII in a name", "Host: h\r\n\xC3\xA9: y\r\n", false},
    {"a zero in a name", "Host: h\r\nX\0: y\r\n"s, false},
    {"a zero in a value", "Host: h\r\nX: \0\r\n"s, false},
    {"BEL in a value", "Host: h\r\nX: \x07\r\n", false},
    {"ESC in a value", "Host: h\r\nX: \x1B[2J\r\n", false},
    {"DEL in a value", "Host: h\r\nX: \x7F\r\n", false},
    {"a bare carriage return in a value", "Host: h\r\nX: a\rY: b\r\n", false},
    {"a bare carriage return at a line's end", "Host: h\r\nX: a\r\r\n", false},
    {"a bare line feed", "Host: h\r\nX: a\nY: b\r\n", false},
};

TEST(RequestFields, AreReadOrRefusedWith400) {
  for (const Fields& c : kFields) {
    const std::string text = "GET / HTTP/1.1\r\n" + c.fields + "\r\n";
    const auto head = parse_request_head(text, {});
    ASSERT_EQ(head.ok(), c.good) << c.name;
    if (!head) {
      EXPECT_EQ(head.error().status, 400U) << c.name;
    } else {
      EXPECT_EQ(head->find("x").value_or(""), c.x) << c.name;
    }
  }
}

TEST(RequestFields, AreFoundByNameInOrder) {
  const auto head =
      parse_request_head("GET / HTTP/1.1\r\nHost: h\r\nCookie: a\r\nX: 1\r\ncookie: b\r\n\r\n", {});
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->all("cookie"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(head->count("COOKIE"), 2U);
  EXPECT_EQ(head->find("cook"), std::nullopt);
  EXPECT_TRUE(head->all("none").empty());
}

TEST(RequestHead, MustBeWhole) {
  const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_request_head(text.substr(0, size), {}).ok()) << size;
  }
}

struct List {
  const char* name;
  std::string_view list;
  std::vector<std::string_view> elements;
};

const List kLists[] = {
    {"one", "a", {"a"}},
    {"two", "a,b", {"a", "b"}},
    {"white space", " a ,\tb\t", {"a", "b"}},
    {"B18 RFC 9110 §5.6.1.2: an empty one between is none", "a,,b", {"a", "b"}},
    {"B18 an empty one last is none", "a, ", {"a"}},
    {"B18 an empty one first is none", " ,a", {"a"}},
    {"B18 an empty list", "", {}},
    {"spaces inside stay", "a b, c", {"a b", "c"}},
};

TEST(FieldList, IsCutAtItsCommas) {  // RFC 9110 §5.6.1
  for (const List& c : kLists) {
    std::vector<std::string_view> elements;
    for_each_element(c.list, [&](std::string_view element) { elements.push_back(element); });
    EXPECT_EQ(elements, c.elements) << c.name;
  }
}

struct Status {
  const char* name;
  std::string line;
  unsigned status;  // 0: refused
  std::string_view reason = {};
};

const Status kStatuses[] = {
    {"101", "HTTP/1.1 101 Switching Protocols", 101, "Switching Protocols"},
    {"an empty reason", "HTTP/1.1 101 ", 101},
    {"no space behind the code, as some servers write", "HTTP/1.1 101", 101},
    {"404", "HTTP/1.1 404 Not Found", 404, "Not Found"},
    {"HTTP/1.0", "HTTP/1.0 101 x", 0},
    {"HTTP/2", "HTTP/2 101 x", 0},
    {"a code of two digits", "HTTP/1.1 99 x", 0},
    {"a code of four digits", "HTTP/1.1 1010 x", 0},
    {"a code with a letter", "HTTP/1.1 1e1 x", 0},
    {"two spaces", "HTTP/1.1  101 x", 0},
    {"no code", "HTTP/1.1 ", 0},
    {"a request", "GET / HTTP/1.1", 0},
    {"nothing", "", 0},
};

TEST(StatusLine, IsReadOrRefused) {  // RFC 9112 §4
  for (const Status& c : kStatuses) {
    const std::string text = c.line + "\r\nServer: x\r\n\r\n";
    const auto head = parse_response_head(text, {});
    ASSERT_EQ(head.ok(), c.status != 0) << c.name;
    if (!head) continue;
    EXPECT_EQ(head->status, c.status) << c.name;
    EXPECT_EQ(head->reason, c.reason) << c.name;
    EXPECT_EQ(head->find("server"), "x"sv) << c.name;
  }
}

}  // namespace
}  // namespace microframe::proto
