// The connection state machine, read along RFC 6455 §5 to §8. Every case runs whole and cut at
// every offset.

#include "proto/connection.hpp"

#include <gtest/gtest.h>

#include <ostream>

#include "support/bytes.hpp"
#include "unit/proto/events.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_view_literals;
using namespace std::string_literals;
using test::frame;
using test::Length;

class Sequence : public testing::TestWithParam<EventsCase> {};

TEST_P(Sequence, GivesTheSameEventsHoweverItIsCut) {
  expect_events(GetParam().input, GetParam().events);
}

const std::string kLong(125, 'x');

const EventsCase kAccepted[] = {
    {"§5.7 unfragmented text", frame(0x81, "Hello"), {"text:Hello"}},
    {"§5.6 empty text", frame(0x81, ""), {"text:"}},
    {"§5.6 empty binary", frame(0x82, ""), {"binary:"}},
    {"§5.6 binary with zeros", frame(0x82, "\0\xFF\0"sv), {"binary:" + std::string("\0\xFF\0"sv)}},
    {"§5.2 125 bytes", frame(0x82, kLong), {"binary:" + kLong}},
    {"§5.2 126 bytes take a 16-bit length", frame(0x82, kLong + "y"), {"binary:" + kLong + "y"}},
    {"§5.2 127 bytes", frame(0x81, kLong + "yz"), {"text:" + kLong + "yz"}},
    {"§5.4 two fragments", frame(0x01, "Hel") + frame(0x80, "lo"), {"text:Hello"}},
    {"§5.4 three fragments, the middle one empty",
     frame(0x02, "a") + frame(0x00, "") + frame(0x80, "b"),
     {"binary:ab"}},
    {"§5.4 all fragments empty", frame(0x01, "") + frame(0x00, "") + frame(0x80, ""), {"text:"}},
    {"§5.4 a ping between fragments",
     frame(0x01, "Hel") + frame(0x89, "p") + frame(0x80, "lo"),
     {"ping:p", "text:Hello"}},
    {"§5.4 a pong between fragments",
     frame(0x01, "a") + frame(0x8A, "q") + frame(0x80, "b"),
     {"pong:q", "text:ab"}},
    {"§5.4 pings between every fragment",
     frame(0x02, "a") + frame(0x89, "1") + frame(0x00, "b") + frame(0x89, "2") + frame(0x80, "c"),
     {"ping:1", "ping:2", "binary:abc"}},
    {"§5.5.2 ping without payload", frame(0x89, ""), {"ping:"}},
    {"§5.5.2 ping of 125 bytes", frame(0x89, kLong), {"ping:" + kLong}},
    {"§5.5.3 unsolicited pong", frame(0x8A, "x"), {"pong:x"}},
    {"several messages in one piece",
     frame(0x81, "a") + frame(0x82, "b") + frame(0x89, "c") + frame(0x81, "d"),
     {"text:a", "binary:b", "ping:c", "text:d"}},
    {"§5.5.1 Close without payload", frame(0x88, ""), {"close:1005:"}},
    {"§5.5.1 Close with a code", frame(0x88, "\x03\xE8"), {"close:1000:"}},
    {"§5.5.1 Close with a reason", frame(0x88, "\x03\xE9 bye"), {"close:1001: bye"}},
    {"§5.5.1 Close with a reason of 123 bytes",
     frame(0x88, "\x03\xE8" + std::string(123, 'r')),
     {"close:1000:" + std::string(123, 'r')}},
    {"§5.5.1 a Close inside a message",
     frame(0x01, "a") + frame(0x88, "\x03\xE8"),
     {"close:1000:"}},
    {"§5.5.1 what follows a Close is dropped",
     frame(0x88, "\x03\xE8") + frame(0x81, "x") + "garbage",
     {"close:1000:"}},
    {"§7.4.2 code 3000", frame(0x88, "\x0B\xB8"), {"close:3000:"}},
    {"§7.4.2 code 4999", frame(0x88, "\x13\x87"), {"close:4999:"}},
    {"§8.1 text of two, three and four bytes",
     frame(0x81, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
     {"text:\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"}},
    {"§8.1 a character cut by fragments",
     frame(0x01, "\xE2\x82") + frame(0x80, "\xAC"),
     {"text:\xE2\x82\xAC"}},
    {"§8.1 a character cut by fragments with a ping between",
     frame(0x01, "\xF0\x9F") + frame(0x89, "") + frame(0x80, "\x98\x80"),
     {"ping:", "text:\xF0\x9F\x98\x80"}},
    {"§5.6 binary need not be UTF-8", frame(0x82, "\xFF\xFE"), {"binary:\xFF\xFE"}},
};
INSTANTIATE_TEST_SUITE_P(Accepted, Sequence, testing::ValuesIn(kAccepted));

const EventsCase kRejected[] = {
    {"§5.1 not masked", frame(0x81, "Hello", Length::minimal, false), {"failed:1002"}},
    {"§5.2 RSV1", frame(0xC1, "a"), {"failed:1002"}},
    {"§5.2 RSV2", frame(0xA1, "a"), {"failed:1002"}},
    {"§5.2 RSV3", frame(0x91, "a"), {"failed:1002"}},
    {"§5.2 all reserved bits on a ping", frame(0xF9, ""), {"failed:1002"}},
    {"§5.2 opcode 3", frame(0x83, ""), {"failed:1002"}},
    {"§5.2 opcode 7", frame(0x87, "a"), {"failed:1002"}},
    {"§5.2 opcode 11", frame(0x8B, ""), {"failed:1002"}},
    {"§5.2 opcode 15", frame(0x8F, "a"), {"failed:1002"}},
    {"§5.2 five bytes as u16", frame(0x82, "fives", Length::two), {"failed:1002"}},
    {"§5.2 125 bytes as u16", frame(0x82, kLong, Length::two), {"failed:1002"}},
    {"§5.2 five bytes as u64", frame(0x82, "fives", Length::eight), {"failed:1002"}},
    {"§5.2 65535 bytes as u64",
     frame(0x82, std::string(65535, 'x'), Length::eight),
     {"failed:1002"}},
    {"§5.2 a 64-bit length with its top bit",
     "\x82\xFF\x80\0\0\0\0\0\0\x05....."s,
     {"failed:1002"}},
    {"§5.4 a continuation of nothing", frame(0x80, "a"), {"failed:1002"}},
    {"§5.4 an unfinished continuation of nothing", frame(0x00, "a"), {"failed:1002"}},
    {"§5.4 text inside a message", frame(0x01, "a") + frame(0x81, "b"), {"failed:1002"}},
    {"§5.4 binary inside a message", frame(0x01, "a") + frame(0x02, "b"), {"failed:1002"}},
    {"§5.4 a continuation after the last",
     frame(0x01, "a") + frame(0x80, "b") + frame(0x80, "c"),
     {"text:ab", "failed:1002"}},
    {"§5.5 fragmented ping", frame(0x09, ""), {"failed:1002"}},
    {"§5.5 fragmented pong", frame(0x0A, "a"), {"failed:1002"}},
    {"§5.5 fragmented Close", frame(0x08, ""), {"failed:1002"}},
    {"§5.5 ping of 126 bytes", frame(0x89, kLong + "y"), {"failed:1002"}},
    {"§5.5 Close of 126 bytes", frame(0x88, "\x03\xE8" + std::string(124, 'r')), {"failed:1002"}},
    {"§5.5.1 Close of one byte", frame(0x88, "\x03"), {"failed:1002"}},
    {"§7.4.2 code 0", frame(0x88, "\0\0"sv), {"failed:1002"}},
    {"§7.4.2 code 999", frame(0x88, "\x03\xE7"), {"failed:1002"}},
    {"§7.4.1 code 1004", frame(0x88, "\x03\xEC"), {"failed:1002"}},
    {"§7.4.1 code 1005", frame(0x88, "\x03\xED"), {"failed:1002"}},
    {"§7.4.1 code 1006", frame(0x88, "\x03\xEE"), {"failed:1002"}},
    {"§7.4.1 code 1015", frame(0x88, "\x03\xF7"), {"failed:1002"}},
    {"§7.4.2 code 1016", frame(0x88, "\x03\xF8"), {"failed:1002"}},
    {"§7.4.2 code 1100", frame(0x88, "\x04\x4C"), {"failed:1002"}},
    {"§7.4.2 code 2000", frame(0x88, "\x07\xD0"), {"failed:1002"}},
    {"§7.4.2 code 2999", frame(0x88, "\x0B\xB7"), {"failed:1002"}},
    {"§7.4.2 code 5000", frame(0x88, "\x13\x88"), {"failed:1002"}},
    {"§7.4.2 code 65535", frame(0x88, "\xFF\xFF"), {"failed:1002"}},
    {"§5.5.1 a reason that is not UTF-8",
     frame(0x88, "\x03\xE8\xCE\xBA\xE1\xBD\xB9\xCF\x83\xED\xA0\x80"),
     {"failed:1007"}},
    {"§8.1 text that is not UTF-8", frame(0x81, "\xCE\xBA\xED\xA0\x80"), {"failed:1007"}},
    {"§8.1 text that ends inside a character", frame(0x81, "\xE2\x82"), {"failed:1007"}},
    {"§8.1 fragmented text that ends inside a character",
     frame(0x01, "a") + frame(0x80, "\xE2\x82"),
     {"failed:1007"}},
    {"§7.1.7 nothing is read after a failure", frame(0x83, "") + frame(0x81, "x"), {"failed:1002"}},
};
INSTANTIATE_TEST_SUITE_P(Rejected, Sequence, testing::ValuesIn(kRejected));

TEST(Connection, TakesEverySizeAroundTheLengthForms) {
  for (const std::size_t size : {0, 1, 125, 126, 127, 128, 254, 255, 256, 65535, 65536, 131072}) {
    const std::string payload(size, 's');
    expect_events(frame(0x81, payload), {"text:" + payload});
  }
}

TEST(Connection, DeliversAnUnfragmentedMessageWhereItLies) {
  Connection connection(Role::server, {});
  auto owned = test::bytes(frame(0x81, "Hello"));
  base::MutableBytes in = owned;
  const Event event = connection.next(in);
  EXPECT_EQ(event.payload.data(), owned.data() + 6);
}

TEST(Connection, FailsInvalidTextAtTheFirstBadByte) {
  // Four bytes of a long frame: the rest has not come.
  const std::string whole = frame(0x81, "ab\xFF" + std::string(1000, 'x'));
  EXPECT_EQ(run(whole.substr(0, 8 + 3), {}, Role::server, {}),
            std::vector<std::string>{"failed:1007"});
}

TEST(Connection, FailsABadHeaderBeforeItIsWhole) {
  EXPECT_EQ(run("\x83\x80", {}, Role::server, {}), std::vector<std::string>{"failed:1002"});
}

TEST(Connection, RefusesAMessageOneByteOverTheLimitAtItsHeader) {
  ConnectionLimits limits;
  limits.message_bytes_max = 200;
  expect_events(frame(0x82, std::string(200, 'x')), {"binary:" + std::string(200, 'x')}, limits);
  EXPECT_EQ(run(frame(0x82, std::string(201, 'x')).substr(0, 8), limits, Role::server, {}),
            std::vector<std::string>{"failed:1009"});
  expect_events(frame(0x02, std::string(150, 'x')) + frame(0x80, std::string(51, 'x')),
                {"failed:1009"}, limits);
}

TEST(Connection, RefusesTheLargestLengthWithoutAllocating) {  // CVE-2020-27813
  EXPECT_EQ(run("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF...."s, {}, Role::server, {}),
            std::vector<std::string>{"failed:1009"});
}

TEST(Connection, CountsFragments) {
  ConnectionLimits limits;
  limits.fragments_max = 3;
  expect_events(frame(0x01, "a") + frame(0x00, "b") + frame(0x80, "c"), {"text:abc"}, limits);
  expect_events(frame(0x01, "a") + frame(0x00, "") + frame(0x00, "") + frame(0x80, ""),
                {"failed:1008"}, limits);
}

TEST(Connection, ClientTakesUnmaskedFramesOnly) {
  expect_events(frame(0x81, "Hello", Length::minimal, false), {"text:Hello"}, {}, Role::client);
  expect_events(frame(0x81, "Hello"), {"failed:1002"}, {}, Role::client);
}

TEST(Connection, HoldsLittleWhileIdle) {
  EXPECT_LE(sizeof(Connection), 48U);
}

}  // namespace
}  // namespace microframe::proto
