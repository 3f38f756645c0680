// Bodies of requests, by tables: every one whole and cut at every offset, with equal results. RFC
// 9112 §6, §7.1.

#include "proto/http_body.hpp"

#include <gtest/gtest.h>

#include <string>

namespace microframe::proto {
namespace {

using namespace std::string_literals;

constexpr BodyLength kChunked{BodyLength::Form::chunked, 0};

BodyLength counted_body(std::uint64_t bytes) {
  return {BodyLength::Form::counted, bytes};
}

BodyLimits small_limits() {
  BodyLimits limits;
  limits.bytes_max = 16;
  limits.trailer.bytes_max = 40;
  limits.trailer.fields_max = 2;
  return limits;
}

struct BodyOutcome {
  unsigned status = 0;  // of the error; 200 for a body that is whole, 100 for one that is not yet
  std::string content;
  std::size_t read = 0;

  bool operator==(const BodyOutcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const BodyOutcome& outcome) {
  return out << outcome.status << " after " << outcome.read << ": " << outcome.content;
}

// cut: where the bytes are parted.
BodyOutcome read_cut(BodyLength length, std::string_view bytes, std::size_t cut) {
  BodyReader reader(length, small_limits());
  BodyOutcome outcome;
  for (const std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    const auto read = reader.read(piece, outcome.content);
    if (!read) return {read.error().status, {}, 0};
    outcome.read += *read;
    if (reader.is_done()) break;
  }
  outcome.status = reader.is_done() ? 200 : 100;
  return outcome;
}

BodyOutcome read_all(BodyLength length, std::string_view bytes) {
  const BodyOutcome whole = read_cut(length, bytes, bytes.size());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_EQ(read_cut(length, bytes, cut), whole) << "cut at " << cut;
  return whole;
}

struct GoodBody {
  const char* name;
  BodyLength length;
  std::string bytes;
  std::string content;
};

const GoodBody kGoodBodies[] = {
    {"§6.3 no length: no body", {}, "", ""},
    {"§6.3 Content-Length", counted_body(5), "hello", "hello"},
    {"§6.3 Content-Length: 0", counted_body(0), "", ""},
    {"as much as the limit", counted_body(16), "0123456789abcdef", "0123456789abcdef"},
    {"a body of line ends", counted_body(4), "\r\n\r\n", "\r\n\r\n"},
    {"§7.1 one chunk", kChunked, "5\r\nhello\r\n0\r\n\r\n", "hello"},
    {"§7.1 two chunks", kChunked, "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "hello!"},
    {"§7.1 no chunk but the last", kChunked, "0\r\n\r\n", ""},
    {"§7.1 digits of either case", kChunked, "a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
    {"§7.1 capital digits", kChunked, "B\r\n0123456789a\r\n0\r\n\r\n", "0123456789a"},
    {"§7.1 zeros in front", kChunked, "0005\r\nhello\r\n000\r\n\r\n", "hello"},
    {"as much as the limit in chunks", kChunked, "f\r\n0123456789abcde\r\n1\r\nf\r\n0\r\n\r\n",
     "0123456789abcdef"},
    {"§7.1.1 extensions", kChunked, "5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n", "hello"},
    {"§7.1.2 a trailer", kChunked, "5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n", "hello"},
    {"§7.1.2 a trailer that would frame", kChunked, "1\r\nx\r\n0\r\nContent-Length: 9\r\n\r\n",
     "x"},
    {"a chunk of line ends", kChunked, "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
    {"a zero byte", kChunked, "1\r\n\0\r\n0\r\n\r\n"s, "\0"s},
};

TEST(BodyReader, ReadsEachGoodBodyAndNothingBehindIt) {
  for (const GoodBody& c : kGoodBodies) {
    const BodyOutcome alone = read_all(c.length, c.bytes);
    EXPECT_EQ(alone.content, c.content) << c.name;
    EXPECT_EQ(alone.status, 200U) << c.name;
    const BodyOutcome followed = read_all(c.length, c.bytes + "GET / HTTP/1.1\r\n");
    EXPECT_EQ(followed.content, c.content) << c.name;
    EXPECT_EQ(followed.read, c.bytes.size()) << c.name;
  }
}

TEST(BodyReader, IsNotDoneBeforeTheLastByte) {
  for (const GoodBody& c : kGoodBodies) {
    for (std::size_t size = 0; size < c.bytes.size(); ++size)
      EXPECT_EQ(read_cut(c.length, c.bytes.substr(0, size), size).status, 100U)
          << c.name << ", " << size << " bytes";
  }
}

struct BadBody {
  const char* name;
  BodyLength length;
  std::string bytes;
  unsigned status;
};

const BadBody kBadBodies[] = {
    {"over the limit", counted_body(17), "0", 413},
    {"the greatest length", counted_body(999'999'999'999'999'999), "0", 413},
    {"a chunk over the limit", kChunked, "11\r\n", 413},
    {"chunks over the limit", kChunked, "f\r\n0123456789abcde\r\n2\r\n", 413},
    {"§7.1 a size of 64 bits and more", kChunked, "fffffffffffffffff\r\n", 400},
    {"a size of many zeros", kChunked, "0000000000000000005\r\nhello\r\n", 400},
    {"no size", kChunked, "\r\nhello\r\n", 400},
    {"an extension without a size", kChunked, ";a\r\n", 400},
    {"a size with a sign", kChunked, "+5\r\nhello\r\n", 400},
    {"a negative size", kChunked, "-1\r\n", 400},
    {"a size with 0x", kChunked, "0x5\r\nhello\r\n", 400},
    {"a size that is no number", kChunked, "g\r\n", 400},
    {"a size with an underscore", kChunked, "1_0\r\n", 400},
    {"a space before the size", kChunked, " 5\r\nhello\r\n", 400},
    {"a space behind the size", kChunked, "5 \r\nhello\r\n", 400},
    {"a tab behind the size", kChunked, "5\t\r\nhello\r\n", 400},
    {"a bare line feed behind the size", kChunked, "5\nhello\r\n", 400},
    {"a bare carriage return behind the size", kChunked, "5\rhello\r\n", 400},
    {"two carriage returns behind the size", kChunked, "5\r\r\nhello\r\n", 400},
    {"a zero behind the size", kChunked, "5\0\r\nhello\r\n"s, 400},
    {"a bare line feed in an extension", kChunked, "5;a\nhello\r\n", 400},
    {"a bare carriage return in an extension", kChunked, "5;a\rb\r\nhello\r\n", 400},
    {"a zero in an extension", kChunked, "5;\0\r\nhello\r\n"s, 400},
    {"ESC in an extension", kChunked, "5;\x1B\r\nhello\r\n", 400},
    {"extensions over the limit", kChunked, "1;" + std::string(50, 'a') + "\r\n", 431},
    {"a chunk that is longer than its size", kChunked, "5\r\nhello!\r\n0\r\n\r\n", 400},
    {"a chunk that is shorter than its size", kChunked, "5\r\nhell\r\n0\r\n\r\n", 400},
    {"a chunk that a bare line feed ends", kChunked, "5\r\nhello\n0\r\n\r\n", 400},
    {"a chunk that a bare carriage return ends", kChunked, "5\r\nhello\r0\r\n\r\n", 400},
    {"a bare line feed behind the last chunk", kChunked, "0\r\n\n", 400},
    {"a bare carriage return behind the last chunk", kChunked, "0\r\n\rX", 400},
    {"a trailer without a colon", kChunked, "0\r\nA\r\n\r\n", 400},
    {"a trailer with a space before the colon", kChunked, "0\r\nA : b\r\n\r\n", 400},
    {"a folded trailer", kChunked, "0\r\nA: b\r\n c\r\n\r\n", 400},
    {"a trailer with a zero", kChunked, "0\r\nA: \0\r\n\r\n"s, 400},
    {"a bare line feed in the trailer", kChunked, "0\r\nA: b\n\r\n", 400},
    {"a trailer of too many fields", kChunked, "0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", 431},
    {"a trailer over the limit", kChunked, "0\r\nA: " + std::string(50, 'b') + "\r\n\r\n", 431},
    {"a request in place of the last chunk", kChunked, "1\r\nx\r\nGET / HTTP/1.1\r\n", 400},
};

TEST(BodyReader, RefusesEachBadBody) {
  for (const BadBody& c : kBadBodies)
    EXPECT_EQ(read_all(c.length, c.bytes).status, c.status) << c.name;
}

TEST(BodyReader, RefusesExtensionsOfManyChunksThatAreTooMuchTogether) {
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += "1;abcdefg\r\nx\r\n";
  EXPECT_EQ(read_all(kChunked, bytes).status, 431U);
}

struct LengthCase {
  const char* name;
  std::string fields;
  unsigned status;
  BodyLength::Form form = BodyLength::Form::none;
  std::uint64_t bytes = 0;
};

const LengthCase kBodyLengths[] = {
    {"§6.3 none", "", 200},
    {"§6.3 Content-Length", "Content-Length: 5\r\n", 200, BodyLength::Form::counted, 5},
    {"§6.3 zeros in front", "Content-Length: 0005\r\n", 200, BodyLength::Form::counted, 5},
    {"§6.1 chunked", "Transfer-Encoding: chunked\r\n", 200, BodyLength::Form::chunked},
    {"§6.1 the name has no case", "Transfer-Encoding: ChunKed\r\n", 200, BodyLength::Form::chunked},
    {"§6.1 both", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
    {"§6.1 both, the other way", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
    {"two Transfer-Encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
    {"§6.3 two Content-Lengths", "Content-Length: 5\r\nContent-Length: 5\r\n", 400},
    {"§6.3 a list of lengths", "Content-Length: 5, 5\r\n", 400},
    {"a length with a sign", "Content-Length: +5\r\n", 400},
    {"a negative length", "Content-Length: -5\r\n", 400},
    {"a hexadecimal length", "Content-Length: 0x5\r\n", 400},
    {"a length of 64 bits and more", "Content-Length: 99999999999999999999\r\n", 400},
    {"an empty length", "Content-Length:\r\n", 400},
    {"a length with a space", "Content-Length: 1 0\r\n", 400},
    {"§6.1 an unknown coding", "Transfer-Encoding: gzip\r\n", 501},
    {"§6.1 a second coding", "Transfer-Encoding: gzip, chunked\r\n", 501},
    {"§7.1 chunked twice", "Transfer-Encoding: chunked, chunked\r\n", 501},
    {"chunked is not the last", "Transfer-Encoding: chunked, identity\r\n", 501},
    {"a coding that only begins like it", "Transfer-Encoding: chunkedx\r\n", 501},
    {"a coding in quotes", "Transfer-Encoding: \"chunked\"\r\n", 501},
    {"a coding with a parameter", "Transfer-Encoding: chunked;q=1\r\n", 501},
    {"an empty coding", "Transfer-Encoding:\r\n", 501},
    {"a vertical tab before the coding",
     "Transfer-Encoding: \x0B"
     "chunked\r\n",
     400},
    {"a space before the colon", "Transfer-Encoding : chunked\r\n", 400},
};

TEST(BodyLength, IsReadOrRefused) {
  for (const LengthCase& c : kBodyLengths) {
    const std::string text = "POST / HTTP/1.1\r\nHost: h\r\n" + c.fields + "\r\n";
    const auto head = parse_request_head(text, {});
    EXPECT_EQ(head ? 200 : head.error().status, c.status) << c.name;
    if (!head) continue;
    EXPECT_EQ(head->body.form, c.form) << c.name;
    EXPECT_EQ(head->body.bytes, c.bytes) << c.name;
  }
}

TEST(BodyLength, ChunkedIsNotOfHttp10) {
  EXPECT_FALSE(parse_request_head("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", {}));
  EXPECT_TRUE(parse_request_head("POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n", {}));
}

}  // namespace
}  // namespace microframe::proto
