// Close codes, Close frames and the closing handshake. RFC 6455 §5.5.1, §7.

#include <gtest/gtest.h>

#include "proto/close_code.hpp"
#include "proto/connection.hpp"
#include "support/bytes.hpp"
#include "unit/proto/events.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_view_literals;
using namespace std::string_literals;
using test::frame;

struct Code {
  const char* clause;
  unsigned code;
  bool may_be_sent;
};

constexpr Code kCodes[] = {
    {"§7.4.2 not used", 0, false},
    {"§7.4.2 not used", 1, false},
    {"§7.4.2 not used", 999, false},
    {"§7.4.1 normal", 1000, true},
    {"§7.4.1 going away", 1001, true},
    {"§7.4.1 protocol error", 1002, true},
    {"§7.4.1 unsupported data", 1003, true},
    {"§7.4.1 reserved", 1004, false},
    {"§7.4.1 never on the wire", 1005, false},
    {"§7.4.1 never on the wire", 1006, false},
    {"§7.4.1 invalid payload", 1007, true},
    {"§7.4.1 policy violation", 1008, true},
    {"§7.4.1 too big", 1009, true},
    {"§7.4.1 mandatory extension", 1010, true},
    {"§7.4.1 internal error", 1011, true},
    {"IANA: service restart", 1012, true},
    {"IANA: try again later", 1013, true},
    {"IANA: bad gateway", 1014, true},
    {"§7.4.1 never on the wire", 1015, false},
    {"§7.4.2 unassigned", 1016, false},
    {"§7.4.2 unassigned", 1100, false},
    {"§7.4.2 unassigned", 1999, false},
    {"§7.4.2 of extensions", 2000, false},
    {"§7.4.2 of extensions", 2999, false},
    {"§7.4.2 registered", 3000, true},
    {"§7.4.2 registered", 3999, true},
    {"§7.4.2 private", 4000, true},
    {"ours: unauthenticated", 4401, true},
    {"§7.4.2 private", 4999, true},
    {"§7.4.2 not used", 5000, false},
    {"§7.4.2 not used", 32768, false},
    {"§7.4.2 not used", 65535, false},
};

std::string payload_of(unsigned code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
}
std::string with_reason(unsigned code, std::string_view reason) {
  return payload_of(code) + std::string(reason);
}

TEST(CloseCode, MayBeSentOrNotAsTheRegistrySays) {
  for (const Code& c : kCodes) {
    EXPECT_EQ(may_be_sent(static_cast<CloseCode>(c.code)), c.may_be_sent)
        << c.clause << ' ' << c.code;
  }
}

TEST(CloseCode, IsAcceptedFromThePeerIfItMayBeSent) {
  for (const Code& c : kCodes) {
    SCOPED_TRACE(c.code);
    const std::string expected =
        c.may_be_sent ? "close:" + std::to_string(c.code) + ":why" : "failed:1002";
    expect_events(frame(0x88, with_reason(c.code, "why")), {expected});
  }
}

struct Payload {
  const char* name;
  std::string payload;
  std::string result;  // as an event
};

const Payload kPayloads[] = {
    {"§5.5.1 none", "", "close:1005:"},
    {"§5.5.1 half a code", "\x03", "failed:1002"},
    {"§5.5.1 a code", payload_of(1000), "close:1000:"},
    {"§5.5.1 a reason of one byte", with_reason(1000, "x"), "close:1000:x"},
    {"§5.5.1 a reason of 123 bytes", with_reason(1001, std::string(123, 'x')),
     "close:1001:" + std::string(123, 'x')},
    {"§5.5 a reason of 124 bytes", with_reason(1001, std::string(124, 'x')), "failed:1002"},
    {"§5.5.1 a reason in UTF-8", with_reason(1000, "\xE2\x82\xAC"), "close:1000:\xE2\x82\xAC"},
    {"§5.5.1 a reason that ends inside a character", with_reason(1000, "\xE2\x82"), "failed:1007"},
    {"§5.5.1 a reason with a surrogate", with_reason(1000, "\xED\xA0\x80"), "failed:1007"},
    {"§5.5.1 a reason in Latin-1", with_reason(1000, "ferm\xE9 !"), "failed:1007"},
    {"§7.4 a wrong code is told before a wrong reason", with_reason(1005, "\xFF"), "failed:1002"},
    {"§5.5.1 a zero in the reason", with_reason(1000, "a\0b"sv), "close:1000:a\0b"s},
};

TEST(ClosePayload, IsJudgedByItsLengthCodeAndReason) {
  for (const Payload& c : kPayloads) {
    SCOPED_TRACE(c.name);
    expect_events(frame(0x88, c.payload), {c.result});
  }
}

struct Reason {
  const char* name;
  std::string reason;
  std::size_t fits;
};

const Reason kReasons[] = {
    {"none", "", 0},
    {"122 bytes", std::string(122, 'r'), 122},
    {"123 bytes", std::string(123, 'r'), 123},
    {"124 bytes", std::string(124, 'r'), 123},
    {"two bytes over the edge", std::string(122, 'r') + "\xC3\xA9", 122},
    {"two bytes up to the edge", std::string(121, 'r') + "\xC3\xA9", 123},
    {"three bytes, one over the edge", std::string(121, 'r') + "\xE2\x82\xAC", 121},
    {"three bytes, two over the edge", std::string(122, 'r') + "\xE2\x82\xAC", 122},
    {"four bytes, one over the edge", std::string(120, 'r') + "\xF0\x9F\x98\x80", 120},
    {"four bytes, three over the edge", std::string(122, 'r') + "\xF0\x9F\x98\x80", 122},
    {"continuations only", std::string(200, '\x80'), 0},
};

TEST(CloseReason, IsCutToWhatFitsButNeverInsideACharacter) {
  for (const Reason& c : kReasons) {
    EXPECT_EQ(fitting_reason(c.reason).size(), c.fits) << c.name;
    EXPECT_EQ(close_frame(CloseCode::normal, c.reason).bytes().size(), 2 + 2 + c.fits) << c.name;
  }
}

constexpr MaskKey kKey = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};

struct Frame {
  const char* name;
  ControlFrame frame;
  std::string bytes;
};

const Frame kFrames[] = {
    {"none", {}, ""},
    {"§5.7 ping", ping_frame(base::as_bytes("Hello")), "\x89\x05Hello"},
    {"§5.5.2 empty ping", ping_frame({}), "\x89\0"s},
    {"§5.5.3 pong", pong_frame(base::as_bytes("Hello")), "\x8A\x05Hello"},
    {"§5.5.3 the longest pong", pong_frame(test::bytes(std::string(125, 'p'))),
     "\x8A\x7D" + std::string(125, 'p')},
    {"§5.5.1 Close without a code", close_frame(CloseCode::no_status), "\x88\0"s},
    {"§5.5.1 Close without a code says no reason", close_frame(CloseCode::no_status, "why"),
     "\x88\0"s},
    {"§5.5.1 Close", close_frame(CloseCode::normal), "\x88\x02\x03\xE8"},
    {"§5.5.1 Close with a reason", close_frame(CloseCode::unauthenticated, "bye"),
     "\x88\x05\x11\x31"
     "bye"},
    {"§5.3 a client's ping", ping_frame(base::as_bytes("Hello"), kKey), "\x89\x85\1\2\3\4Igohn"},
    {"§5.3 a client's empty pong", pong_frame({}, kKey), "\x8A\x80\1\2\3\4"},
    {"§5.3 a client's Close", close_frame(CloseCode::normal, {}, kKey), "\x88\x82\1\2\3\4\x02\xEA"},
};

TEST(ControlFrame, HasTheBytesOfTheRfc) {
  for (const Frame& c : kFrames) {
    EXPECT_EQ(test::text(c.frame.bytes()), c.bytes) << c.name;
    EXPECT_EQ(c.frame.empty(), c.bytes.empty()) << c.name;
  }
}

// A connection brought into a state.
struct Machine {
  explicit Machine(State state) : connection(Role::server, {}) {
    if (state == State::close_sent) connection.close(CloseCode::normal);
    if (state == State::close_received || state == State::closed) feed(connection, frame(0x88, ""));
    if (state == State::closed) connection.close(CloseCode::normal);
    if (state == State::failed) feed(connection, frame(0x83, ""));
    EXPECT_EQ(connection.state(), state);
  }
  Connection connection;
};

struct Transition {
  State from;
  const char* input;  // "close": we close; else what the peer sends
  State to;
  // Of what the peer sends; when we close: "frame" if one must be written.
  std::vector<std::string> events;
};

const Transition kTransitions[] = {
    {State::open, "close", State::close_sent, {"frame"}},
    {State::open, "message", State::open, {"text:m"}},
    {State::open, "ping", State::open, {"ping:p"}},
    {State::open, "pong", State::open, {"pong:q"}},
    {State::open, "Close", State::close_received, {"close:1001:"}},
    {State::open, "garbage", State::failed, {"failed:1002"}},
    {State::close_sent, "close", State::close_sent, {}},
    {State::close_sent, "message", State::close_sent, {}},
    {State::close_sent, "ping", State::close_sent, {}},
    {State::close_sent, "pong", State::close_sent, {}},
    {State::close_sent, "Close", State::closed, {"close:1001:"}},
    {State::close_sent, "garbage", State::closed, {"failed:1002"}},
    {State::close_received, "close", State::closed, {"frame"}},
    {State::close_received, "message", State::close_received, {}},
    {State::close_received, "ping", State::close_received, {}},
    {State::close_received, "pong", State::close_received, {}},
    {State::close_received, "Close", State::close_received, {}},
    {State::close_received, "garbage", State::close_received, {}},
    {State::closed, "close", State::closed, {}},
    {State::closed, "message", State::closed, {}},
    {State::closed, "ping", State::closed, {}},
    {State::closed, "pong", State::closed, {}},
    {State::closed, "Close", State::closed, {}},
    {State::closed, "garbage", State::closed, {}},
    {State::failed, "close", State::closed, {"frame"}},
    {State::failed, "message", State::failed, {}},
    {State::failed, "ping", State::failed, {}},
    {State::failed, "pong", State::failed, {}},
    {State::failed, "Close", State::failed, {}},
    {State::failed, "garbage", State::failed, {}},
};

std::string bytes_of(std::string_view input) {
  if (input == "message") return frame(0x81, "m");
  if (input == "ping") return frame(0x89, "p");
  if (input == "pong") return frame(0x8A, "q");
  if (input == "Close") return frame(0x88, payload_of(1001));
  return frame(0x83, "");
}

TEST(Closing, FollowsTheRfcFromEachStateByEachInput) {  // §5.5.1, §7.1
  for (const Transition& c : kTransitions) {
    SCOPED_TRACE(std::to_string(static_cast<int>(c.from)) + " " + c.input);
    Machine machine(c.from);
    std::vector<std::string> events;
    if (c.input == "close"sv) {
      if (!machine.connection.close(CloseCode::normal).empty()) events.push_back("frame");
    } else {
      events = feed(machine.connection, bytes_of(c.input));
    }
    EXPECT_EQ(events, c.events);
    EXPECT_EQ(machine.connection.state(), c.to);
  }
}

TEST(Closing, AnswersThePeersClose) {
  Connection connection(Role::server, {});
  EXPECT_EQ(feed(connection, frame(0x88, "\x03\xE9")), std::vector<std::string>{"close:1001:"});
  EXPECT_EQ(connection.state(), State::close_received);
  EXPECT_EQ(test::text(connection.close(CloseCode::going_away).bytes()), "\x88\x02\x03\xE9");
  EXPECT_EQ(connection.state(), State::closed);
}

TEST(Closing, DiscardsDataUntilThePeersCloseComes) {
  Connection connection(Role::server, {});
  connection.close(CloseCode::normal);
  const std::string late =
      frame(0x81, "late") + frame(0x01, "a") + frame(0x89, "") + frame(0x80, "b");
  EXPECT_EQ(feed(connection, late + frame(0x88, "\x03\xE8")),
            std::vector<std::string>{"close:1000:"});
  EXPECT_EQ(connection.state(), State::closed);
}

TEST(Closing, AClientDeliversMessagesUntilThePeersCloseComes) {
  Connection connection(Role::client, {});
  connection.close(CloseCode::normal);
  const auto server_frame = [](unsigned char first, std::string_view payload) {
    return frame(first, payload, test::Length::minimal, false);
  };
  const std::string late =
      server_frame(0x81, "late") + server_frame(0x89, "") + server_frame(0x88, "\x03\xE8");
  const std::vector<std::string> expected = {"text:late", "close:1000:"};
  EXPECT_EQ(feed(connection, late), expected);
  EXPECT_EQ(connection.state(), State::closed);
}

TEST(Closing, MasksTheClientsClose) {
  const MaskKey key = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  Connection connection(Role::client, {});
  EXPECT_EQ(test::text(connection.close(CloseCode::normal, {}, key).bytes()),
            "\x88\x82\x01\x02\x03\x04\x02\xEA"s);
}

TEST(Closing, DiscardsAMessageThatBeganBeforeOurClose) {
  Connection connection(Role::server, {});
  feed(connection, frame(0x01, "begun"));
  connection.close(CloseCode::normal);
  EXPECT_EQ(feed(connection, frame(0x80, "ended") + frame(0x88, "")),
            std::vector<std::string>{"close:1005:"});
}

TEST(Closing, A04_DataAfterOurCloseIsSkippedByItsLength) {
  Connection connection(Role::server, {});
  connection.close(CloseCode::normal);
  // Nobody looks whether it is text, nor unmasks it.
  auto owned = test::bytes(frame(0x81, "\xFF\xFF"s) + frame(0x88, ""));
  const auto before = owned;
  base::MutableBytes in = base::MutableBytes(owned).first(8);
  EXPECT_EQ(connection.next(in).kind, Event::Kind::need_more);
  EXPECT_EQ(owned, before);
  EXPECT_EQ(feed(connection, test::text(base::Bytes(owned).subspan(8))),
            std::vector<std::string>{"close:1005:"});
}

}  // namespace
}  // namespace microframe::proto
