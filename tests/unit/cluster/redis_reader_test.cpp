// RESP2, whole and cut at every offset, and what is more than a peer may send.

#include "cluster/redis_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace microframe::cluster {
namespace {

using namespace std::string_view_literals;

// A reply in one line, as a reader of tests likes it.
std::string shown_reply(const RedisReply& reply) {
  using enum RedisReply::Kind;
  switch (reply.kind) {
    case lost:
      return "lost";
    case nil:
      return "nil";
    case status:
      return "+" + reply.text;
    case error:
      return "-" + reply.text;
    case text:
      return "'" + reply.text + "'";
    case integer:
      return std::to_string(reply.integer);
    case array:
      break;
  }
  std::string all = "[";
  for (const RedisReply& each : reply.items) all += shown_reply(each) + ",";
  return all + "]";
}

// All replies of the stream, which comes in two pieces; "!" at its end where it is broken.
std::string replies_in(std::string_view first, std::string_view second = {}) {
  RedisReader reader;
  std::string all;
  for (const std::string_view piece : {first, second}) {
    reader.feed(base::as_bytes(piece));
    while (true) {
      auto next = reader.next();
      if (!next) return all + "!";
      if (!*next) break;
      all += shown_reply(**next) + " ";
    }
  }
  return all;
}

struct Case {
  std::string_view bytes;
  const char* shown;
};
const Case kCases[] = {
    {"+OK\r\n"sv, "+OK "},
    {"-MOVED 1 a:1\r\n"sv, "-MOVED 1 a:1 "},
    {":42\r\n:-1\r\n"sv, "42 -1 "},
    {"$5\r\nhello\r\n"sv, "'hello' "},
    {"$4\r\n\r\n\r\n\r\n$0\r\n\r\n"sv, "'\r\n\r\n' '' "},
    {"$-1\r\n*-1\r\n"sv, "nil nil "},
    {"*0\r\n"sv, "[] "},
    {"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n"sv, "['message','c','hi',] "},
    {"*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n*1\r\n$-1\r\n+OK\r\n"sv, "[[1,[],],[[nil,],],] +OK "},
    {"?\r\n"sv, "!"},
    {"$-2\r\n"sv, "!"},
    {"*-2\r\n"sv, "!"},
    {":x\r\n"sv, "!"},
    {"$99999999999999999999\r\n"sv, "!"},
    {"+OK\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"sv, "+OK !"},
};

TEST(RedisReader, ReadsTheSameHoweverTheStreamIsCut) {
  for (const Case& each : kCases) {
    EXPECT_EQ(replies_in(each.bytes), each.shown);
    for (std::size_t cut = 0; cut <= each.bytes.size(); ++cut)
      EXPECT_EQ(replies_in(each.bytes.substr(0, cut), each.bytes.substr(cut)), each.shown) << cut;
  }
}

TEST(RedisReader, TakesNoMorePartsThanThereMayBe) {
  const auto stream = [](std::size_t parts) {
    std::string bytes = "*" + std::to_string(parts) + "\r\n";
    for (std::size_t i = 0; i < parts; ++i) bytes += "$-1\r\n";
    return bytes;
  };
  RedisReader reader;
  reader.feed(base::as_bytes(stream(RedisReader::kItemsMax)));
  auto next = reader.next();
  ASSERT_TRUE(next.ok() && *next);
  EXPECT_EQ((**next).items.size(), RedisReader::kItemsMax);
  // The count is of one reply, and begins anew.
  reader.feed(base::as_bytes(stream(RedisReader::kItemsMax)));
  EXPECT_TRUE(reader.next().ok());
  // Announced, and nested, it is refused before it is made.
  for (const std::string& bytes :
       {"*" + std::to_string(RedisReader::kItemsMax + 1) + "\r\n", std::string("*2147483647\r\n"),
        "*3\r\n*" + std::to_string(RedisReader::kItemsMax - 2) + "\r\n"}) {
    RedisReader other;
    other.feed(base::as_bytes(bytes));
    EXPECT_FALSE(other.next().ok()) << bytes;
  }
}

TEST(RedisReader, HoldsNoMoreOfATextThanThereMayBe) {
  RedisReader reader;
  reader.feed(base::as_bytes("$1000000000000\r\n"));
  const std::string megabyte(1 << 20, 'x');
  std::size_t fed = 0;
  while (reader.next().ok()) {
    reader.feed(base::as_bytes(megabyte));
    fed += megabyte.size();
    ASSERT_LE(fed, RedisReader::kTextBytesMax + 2 * megabyte.size());
  }
  EXPECT_GT(fed, RedisReader::kTextBytesMax);
}

}  // namespace
}  // namespace microframe::cluster
