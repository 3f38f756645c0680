// Hostile heads and bodies at a handler: each is refused, and none reaches the handler, nor is what
// follows it taken for a request.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "support/http.hpp"
#include "support/tls_fixture.hpp"

namespace microframe {
namespace {

using namespace std::string_literals;
using test::next_answer;

struct Hostile {
  const char* name;
  std::string bytes;
  unsigned status;
};

// A head with these fields, and a body.
std::string post_with(const std::string& fields, const std::string& body = "") {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string first_line(const std::string& first) {
  return first + "\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
}
std::string post_chunked(const std::string& body) {
  return post_with("Transfer-Encoding: chunked\r\n", body);
}
std::string too_many_fields() {
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "X: y\r\n";
  return fields;
}

const std::string kHiddenRequest = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

const Hostile kHostile[] = {
    // --- two lengths, of which two readers could take another each
    {"both lengths", post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
     400},
    {"both, the other way",
     post_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
    {"both, the length is 0", post_with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
     400},
    {"two lengths", post_with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400},
    {"two equal lengths", post_with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
    {"a list of lengths", post_with("Content-Length: 5, 5\r\n", "hello"), 400},
    {"a list with one length", post_with("Content-Length: 5,\r\n", "hello"), 400},
    {"a length with a plus", post_with("Content-Length: +5\r\n", "hello"), 400},
    {"a negative length", post_with("Content-Length: -1\r\n", "hello"), 400},
    {"a length of hex", post_with("Content-Length: 0x5\r\n", "hello"), 400},
    {"a length of letters", post_with("Content-Length: five\r\n", "hello"), 400},
    {"an empty length", post_with("Content-Length:\r\n", "hello"), 400},
    {"a length with a dot", post_with("Content-Length: 5.0\r\n", "hello"), 400},
    {"a length with a space", post_with("Content-Length: 1 0\r\n", "hello"), 400},
    {"a length in quotes", post_with("Content-Length: \"5\"\r\n", "hello"), 400},
    {"a length past 64 bits", post_with("Content-Length: 18446744073709551621\r\n", "hello"), 400},
    {"a length past 63 bits", post_with("Content-Length: 9223372036854775808\r\n", "hello"), 400},
    {"a length past the limit", post_with("Content-Length: 999999999999\r\n", "hello"), 413},
    {"a length by another digit", post_with("Content-Length: \xD9\xA5\r\n", "hello"), 400},
    {"a length with a zero", post_with("Content-Length: 5\0\r\n"s, "hello"), 400},
    {"a length behind a vertical tab", post_with("Content-Length: \v5\r\n", "hello"), 400},
    {"a space before the colon of the length", post_with("Content-Length : 5\r\n", "hello"), 400},
    {"a tab before the colon of the length", post_with("Content-Length\t: 5\r\n", "hello"), 400},
    {"a folded length", post_with("Content-Length:\r\n 5\r\n", "hello"), 400},
    // --- codings
    {"an unknown coding", post_with("Transfer-Encoding: gzip\r\n"), 501},
    {"identity", post_with("Transfer-Encoding: identity\r\n"), 501},
    {"two codings", post_with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
    {"chunked, but not last", post_with("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 501},
    {"chunked twice", post_with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501},
    {"two fields of coding",
     post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 400},
    {"an empty coding", post_with("Transfer-Encoding:\r\n", "0\r\n\r\n"), 501},
    {"xchunked", post_with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
    {"chunked in quotes", post_with("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 501},
    {"chunked behind a vertical tab", post_with("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"),
     400},
    {"chunked with a zero", post_with("Transfer-Encoding: chunked\0\r\n"s, "0\r\n\r\n"), 400},
    {"chunked with a parameter", post_with("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n"), 501},
    {"a space before the colon of the coding", post_with("Transfer-Encoding : chunked\r\n"), 400},
    {"a folded coding", post_with("Transfer-Encoding:\r\n chunked\r\n"), 400},
    {"a bare carriage return before the coding", post_with("A: b\rTransfer-Encoding: chunked\r\n"),
     400},
    {"a bare line feed before the coding", post_with("A: b\nTransfer-Encoding: chunked\r\n"), 400},
    {"a coding of HTTP/1.0",
     "POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    // --- chunks
    {"no size", post_chunked("\r\n"), 400},
    {"a size that is no number", post_chunked("x\r\n"), 400},
    {"a negative size", post_chunked("-1\r\n"), 400},
    {"a size with a plus", post_chunked("+1\r\nx\r\n0\r\n\r\n"), 400},
    {"a size with 0x", post_chunked("0x1\r\nx\r\n0\r\n\r\n"), 400},
    {"a size with an underscore", post_chunked("1_0\r\n"), 400},
    {"a size past 64 bits", post_chunked("10000000000000001\r\n"), 400},
    {"a size past the limit", post_chunked("7fffffff\r\n"), 413},
    {"the greatest size", post_chunked("fffffffffffffff\r\n"), 413},
    {"a size of many zeros", post_chunked(std::string(64, '0') + "1\r\nx\r\n"), 400},
    {"a space before the size", post_chunked(" 1\r\nx\r\n0\r\n\r\n"), 400},
    {"a space behind the size", post_chunked("1 \r\nx\r\n0\r\n\r\n"), 400},
    {"a tab behind the size", post_chunked("1\t\r\nx\r\n0\r\n\r\n"), 400},
    {"a space before the extension", post_chunked("1 ;a\r\nx\r\n0\r\n\r\n"), 400},
    {"a bare line feed behind the size", post_chunked("1\nx\r\n0\r\n\r\n"), 400},
    {"a bare carriage return behind the size", post_chunked("1\rx\r\n0\r\n\r\n"), 400},
    {"a bare line feed behind the chunk", post_chunked("1\r\nx\n0\r\n\r\n"), 400},
    {"a bare carriage return behind the chunk", post_chunked("1\r\nx\r0\r\n\r\n"), 400},
    {"nothing behind the chunk", post_chunked("1\r\nx0\r\n\r\n"), 400},
    {"a chunk longer than its size", post_chunked("1\r\nxy\r\n0\r\n\r\n"), 400},
    {"a chunk shorter than its size", post_chunked("3\r\nx\r\n0\r\n\r\n"), 400},
    {"a bare line feed in an extension", post_chunked("1;a\nx\r\n0\r\n\r\n"), 400},
    {"a bare carriage return in an extension", post_chunked("1;a\rb\r\nx\r\n"), 400},
    {"a zero in an extension", post_chunked("1;\0\r\nx\r\n"s), 400},
    {"a long extension", post_chunked("1;" + std::string(20'000, 'a')), 431},
    {"a bare line feed at the end", post_chunked("0\r\n\n"), 400},
    {"a bare carriage return at the end", post_chunked("0\r\n\rx"), 400},
    {"a request in place of the end", post_chunked("0\r\n" + kHiddenRequest), 400},
    {"a trailer without a colon", post_chunked("0\r\nA\r\n\r\n"), 400},
    {"a folded trailer", post_chunked("0\r\nA: b\r\n c\r\n\r\n"), 400},
    {"a trailer with a space before the colon", post_chunked("0\r\nA : b\r\n\r\n"), 400},
    {"a bare line feed in the trailer", post_chunked("0\r\nA: b\nC: d\r\n\r\n"), 400},
    {"a long trailer", post_chunked("0\r\nA: " + std::string(20'000, 'b')), 431},
    {"a trailer of many fields", post_chunked("0\r\n" + too_many_fields() + "\r\n"), 431},
    // --- the first line
    {"no version", first_line("POST /x"), 400},
    {"another version", first_line("POST /x HTTP/2.0"), 505},
    {"a later version", first_line("POST /x HTTP/1.2"), 505},
    {"a version in small letters", first_line("POST /x http/1.1"), 400},
    {"a long version", first_line("POST /x HTTP/1.10"), 400},
    {"two spaces before the target", first_line("POST  /x HTTP/1.1"), 400},
    {"two spaces before the version", first_line("POST /x  HTTP/1.1"), 400},
    {"a tab in the line", first_line("POST\t/x HTTP/1.1"), 400},
    {"a space in the target", first_line("POST /x y HTTP/1.1"), 400},
    {"a space behind the line", first_line("POST /x HTTP/1.1 "), 400},
    {"a line with a zero", first_line("POST /x\0 HTTP/1.1"s), 400},
    {"a target beyond ASCII", first_line("POST /\xC3\xA9 HTTP/1.1"), 400},
    {"a target with a fragment", first_line("POST /x#y HTTP/1.1"), 400},
    {"a target without a slash", first_line("POST x HTTP/1.1"), 400},
    {"a target of a host", first_line("CONNECT a:443 HTTP/1.1"), 400},
    {"a method with a colon", first_line("PO:ST /x HTTP/1.1"), 400},
    {"no method", first_line(" /x HTTP/1.1"), 400},
    {"an empty line in front", "\r\n" + first_line("POST /x HTTP/1.1"), 400},
    {"a bare line feed behind the line", "POST /x HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"bare line feeds alone", "POST /x HTTP/1.1\nHost: a\n\n", 400},
    {"a long target", first_line("POST /" + std::string(20'000, 'x') + " HTTP/1.1"), 431},
    {"TLS at a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\n\r\n"s, 400},
    {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"the method of another case", first_line("post /x HTTP/1.1"), 405},
    // --- fields
    {"no Host", "POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400},
    {"two Hosts", post_with("Host: b\r\n"), 400},
    {"a Host with a path", "POST /x HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"a field with a space in its name", post_with("A B: c\r\n"), 400},
    {"a field with a space before the colon", post_with("A : c\r\n"), 400},
    {"a field without a name", post_with(": c\r\n"), 400},
    {"a field without a colon", post_with("A\r\n"), 400},
    {"a folded field", post_with("A: b\r\n c\r\n"), 400},
    {"a folded first field", "POST /x HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"a zero in a value", post_with("A: \0\r\n"s), 400},
    {"ESC in a value", post_with("A: \x1B[2J\r\n"), 400},
    {"a zero in a name", post_with("A\0: b\r\n"s), 400},
    {"a bare carriage return in a value", post_with("A: b\rC: d\r\n"), 400},
    {"two carriage returns", post_with("A: b\r\r\n"), 400},
    {"a long field", post_with("A: " + std::string(20'000, 'b') + "\r\n"), 431},
    {"many fields", post_with(too_many_fields()), 431},
    {"two Origins", post_with("Origin: https://a\r\nOrigin: https://b\r\n"), 400},
    {"two Authorizations", post_with("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
     400},
    {"an expectation that nobody knows", post_with("Expect: 200-maybe\r\n"), 417},
    {"a wrongly encoded path", first_line("POST /p/%zz HTTP/1.1"), 400},
    {"a zero in a path", first_line("POST /p/%00 HTTP/1.1"), 400},
    {"a line break in a path", first_line("POST /p/%0d%0a HTTP/1.1"), 400},
    {"a path that is no UTF-8", first_line("POST /p/%c0%ae HTTP/1.1"), 400},
};
static_assert(std::size(kHostile) >= 100);

class HttpHostile : public test::Http {
 protected:
  void serve() {
    app.post("/x", [this](const HttpRequest&) -> Json { return ++handled; });
    app.post("/p/{p}", [this](const HttpRequest&) -> Json { return ++handled; });
    app.get("/hidden", [this](const HttpRequest&) -> Json { return ++handled; });
    start();
  }
  std::atomic<int> handled{0};
};

TEST_F(HttpHostile, HeadsAndBodiesAreRefused) {
  serve();
  for (const Hostile& c : kHostile) {
    test::RawClient client = raw();
    client.send(c.bytes + kHiddenRequest);
    const test::HttpAnswer answer = next_answer(client);
    EXPECT_EQ(answer.status, c.status) << c.name;
    EXPECT_EQ(answer.field("Connection"), "close") << c.name;
    EXPECT_EQ(client.read_all(), "") << c.name << ": what follows is no request";
  }
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(ask(post_with("Content-Length: 2\r\n", "{}")).status, 200U) << "the server serves on";
}

// The head and the beginning of the body may come in any pieces.
TEST_F(HttpHostile, HeadsAndBodiesAreRefusedHoweverTheyAreCut) {
  serve();
  for (const Hostile& c : kHostile) {
    for (const std::size_t cut : {c.bytes.size() / 3, c.bytes.size() / 2, c.bytes.size() - 1}) {
      test::RawClient client = raw();
      client.send(c.bytes.substr(0, cut));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      client.send(c.bytes.substr(cut) + kHiddenRequest);
      EXPECT_EQ(next_answer(client).status, c.status) << c.name << ", cut at " << cut;
    }
  }
  EXPECT_EQ(handled, 0);
}

class HttpTls : public test::Tls {};

TEST_F(HttpTls, RequestsAreAnsweredOverTls) {
  app.post("/x", [](const HttpRequest& got) -> Json {
    return {{"secure", got.is_secure()}, {"bytes", got.body().size()}};
  });
  app.get("/x", auth, [](const HttpRequest& got) -> Json { return Json(got.user()); });
  begin();
  test::TlsClient client = secured();
  for (int i = 0; i < 3; ++i) {
    client.send(test::request("POST /x", "", std::string(300'000, 'x')));
    EXPECT_EQ(next_answer(client).body, R"({"secure":true,"bytes":300000})");
  }
  // The page of a plain http origin must not use the cookies of the secured one.
  const std::string cookie = "Cookie: access_token=" + token("alice") + "\r\n";
  client.send(test::request("GET /x", cookie + "Origin: https://app.example\r\n"));
  EXPECT_EQ(next_answer(client).body, "\"alice\"");
  client.send(test::request("GET /x", cookie + "Origin: http://app.example\r\n"));
  EXPECT_EQ(next_answer(client).status, 403U);
}

}  // namespace
}  // namespace microframe
