// The connection state machine with permessage-deflate: RFC 7692 §6 and §7.2. Every case runs whole
// and cut at every offset.

#include <gtest/gtest.h>

#include "proto/connection.hpp"
#include "support/bytes.hpp"
#include "support/counted_heap.hpp"
#include "support/deflate.hpp"
#include "unit/proto/events.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_literals;
using test::deflated;
using test::deflated_frame;
using test::frame;
using test::heap_count;
using test::Length;

const std::string kHello = "\xF2\x48\xCD\xC9\xC9\x07\x00"s;  // §7.2.3.1
const std::string kHelloAgain = "\xF2\x00\x11\x00\x00"s;     // §7.2.3.2
const std::string kBadText = "\xCE\xBA\xED\xA0\x80";

const EventsCase kCompressed[] = {
    {"§7.2.3.1 one frame", frame(0xC1, kHello), {"text:Hello"}},
    {"§7.2.3.1 two frames",
     frame(0x41, kHello.substr(0, 3)) + frame(0x80, kHello.substr(3)),
     {"text:Hello"}},
    {"§7.2.3.3 without compression",
     frame(0xC2, "\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"s),
     {"binary:Hello"}},
    {"§7.2.3.4 a final block", frame(0xC1, "\xF3\x48\xCD\xC9\xC9\x07\x00\x00"s), {"text:Hello"}},
    {"§7.2.3.5 two blocks",
     frame(0xC1, "\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00"s),
     {"text:Hello"}},
    {"§7.2.3.6 an empty message",
     frame(0xC1, "\x00"s) + frame(0xC2, "\x00"s),
     {"text:", "binary:"}},
    {"an empty payload", frame(0xC1, ""), {"text:"}},
    {"§6.1 plain messages between compressed ones",
     frame(0xC1, kHello) + frame(0x81, "plain") + frame(0xC2, kHello),
     {"text:Hello", "text:plain", "binary:Hello"}},
    {"§6.1 a plain message in fragments", frame(0x01, "pl") + frame(0x80, "ain"), {"text:plain"}},
    {"§6.1 control frames between compressed fragments",
     frame(0x41, kHello.substr(0, 1)) + frame(0x89, "p") + frame(0x00, kHello.substr(1, 4)) +
         frame(0x8A, "q") + frame(0x80, kHello.substr(5)),
     {"ping:p", "pong:q", "text:Hello"}},
    {"§6.1 empty compressed fragments",
     frame(0x41, "") + frame(0x00, kHello) + frame(0x00, "") + frame(0x80, ""),
     {"text:Hello"}},
    {"fragments each flushed, the last one empty",
     frame(0x41, kHello + "\x00\x00\xFF\xFF"s) + frame(0x80, ""),
     {"text:Hello"}},
    {"§5.5.1 a Close inside a compressed message",
     frame(0x41, kHello) + frame(0x88, "\x03\xE8"),
     {"close:1000:"}},
    {"§8.1 a character cut by compressed fragments",
     frame(0x41, deflated("\xE2\x82\xAC").substr(0, 2)) +
         frame(0x80, deflated("\xE2\x82\xAC").substr(2)),
     {"text:\xE2\x82\xAC"}},
    {"§5.6 compressed binary need not be UTF-8",
     deflated_frame("\xFF\xFE", 2),
     {"binary:\xFF\xFE"}},

    {"§6.1 RSV1 on a ping", frame(0xC9, ""), {"failed:1002"}},
    {"§6.1 RSV1 on a pong", frame(0xCA, ""), {"failed:1002"}},
    {"§6.1 RSV1 on a Close", frame(0xC8, ""), {"failed:1002"}},
    {"§6.1 RSV1 on a continuation", frame(0x41, kHello) + frame(0xC0, ""), {"failed:1002"}},
    {"§6.1 RSV1 on the continuation of a plain message",
     frame(0x01, "a") + frame(0xC0, kHello),
     {"failed:1002"}},
    {"§6.1 RSV1 on a continuation of nothing", frame(0xC0, kHello), {"failed:1002"}},
    {"§6.1 RSV1 on a message inside a message",
     frame(0x41, kHello) + frame(0xC1, kHello),
     {"failed:1002"}},
    {"§6.1 RSV1 on an unknown opcode", frame(0xC3, kHello), {"failed:1002"}},
    {"RFC 6455 §5.2 RSV2", frame(0xA1, "a"), {"failed:1002"}},
    {"RFC 6455 §5.2 RSV3", frame(0x91, "a"), {"failed:1002"}},
    {"RFC 6455 §5.2 RSV1 and RSV2", frame(0xE1, kHello), {"failed:1002"}},
    {"RFC 6455 §5.2 RSV1 and RSV3", frame(0xD1, kHello), {"failed:1002"}},
    {"RFC 6455 §5.1 not masked", frame(0xC1, kHello, Length::minimal, false), {"failed:1002"}},

    {"§7.2.2 not DEFLATE", frame(0xC1, "Hello"), {"failed:1007"}},
    {"§7.2.2 block type 3", frame(0xC1, "\x06"), {"failed:1007"}},
    {"§7.2.2 a distance beyond the beginning", frame(0xC1, kHelloAgain), {"failed:1007"}},
    {"§7.2.2 truncated", frame(0xC1, kHello.substr(0, 3)), {"failed:1007"}},
    {"§7.2.2 truncated in the last fragment",
     frame(0x41, kHello.substr(0, 3)) + frame(0x80, ""),
     {"failed:1007"}},
    {"§7.2.2 corrupt in the first fragment", frame(0x41, "\xFF\xFF"), {"failed:1007"}},
    {"§8.1 text that is not UTF-8", deflated_frame(kBadText), {"failed:1007"}},
    {"§8.1 text that ends inside a character", deflated_frame("\xE2\x82"), {"failed:1007"}},
    {"§8.1 text that is not UTF-8, then corrupt",
     frame(0xC1, "\x00\x02\x00\xFD\xFF\xFF\xFF\x06"s),
     {"failed:1007"}},
    {"what follows a failure is dropped",
     frame(0xC1, "\x06") + frame(0xC1, kHello),
     {"failed:1007"}},
};

TEST(Compressed, GivesTheSameEventsHoweverItIsCut) {
  for (const EventsCase& c : kCompressed) {
    SCOPED_TRACE(c.name);
    expect_events(c.input, c.events, {}, Role::server, Context::dropped);
  }
}

TEST(Compressed, IsAProtocolErrorUnlessNegotiated) {  // RFC 6455 §5.2
  expect_events(frame(0xC1, kHello), {"failed:1002"});
  expect_events(frame(0xC1, kHello, Length::minimal, false), {"failed:1002"}, {}, Role::client);
}

TEST(Compressed, TheClientReadsCompressedMessagesToo) {
  const auto unmasked = [](unsigned char first, std::string_view payload) {
    return frame(first, payload, Length::minimal, false);
  };
  const std::string input = unmasked(0xC1, kHello) + unmasked(0x81, "plain") +
                            unmasked(0x42, kHello.substr(0, 2)) + unmasked(0x80, kHello.substr(2)) +
                            unmasked(0xC9, "");
  for (const Context context : {Context::dropped, Context::kept}) {
    expect_events(input, {"text:Hello", "text:plain", "binary:Hello", "failed:1002"}, {},
                  Role::client, context);
  }
}

TEST(Compressed, RefersToTheMessagesBeforeWithAContext) {  // §7.2.3.2
  const std::string input = frame(0xC1, kHello) + frame(0x81, "plain") +
                            frame(0x41, kHelloAgain.substr(0, 2)) +
                            frame(0x80, kHelloAgain.substr(2)) + frame(0xC2, kHelloAgain);
  expect_events(input, {"text:Hello", "text:plain", "text:Hello", "binary:Hello"}, {}, Role::server,
                Context::kept);
  expect_events(input, {"text:Hello", "text:plain", "failed:1007"}, {}, Role::server,
                Context::dropped);
}

TEST(Compressed, MessagesOfAllSizesAreReadHoweverTheyAreCut) {
  for (const std::size_t size : {1U, 64U, 4'096U, 65'536U, 300'000U}) {
    std::string text;
    while (text.size() < size) text += std::to_string(text.size() * 7919);
    text.resize(size);
    const std::string payload = deflated(text);
    const std::size_t half = payload.size() / 2;
    expect_events(frame(0xC1, payload), {"text:" + text}, {}, Role::server, Context::dropped);
    expect_events(frame(0x41, payload.substr(0, half)) + frame(0x80, payload.substr(half)),
                  {"text:" + text}, {}, Role::server, Context::dropped);
  }
}

// --- limits ---

ConnectionLimits limited(std::size_t message_bytes_max) {
  ConnectionLimits limits;
  limits.message_bytes_max = message_bytes_max;
  return limits;
}

TEST(Compressed, IsTooBigOneByteOverTheLimitAfterInflating) {  // CVE-2026-39804
  const std::string message(10'000, 'b');
  const std::string payload = deflated(message);
  const std::string whole = frame(0xC2, payload);
  const std::string parts = frame(0x42, payload.substr(0, 5)) + frame(0x00, payload.substr(5, 5)) +
                            frame(0x80, payload.substr(10));
  for (const std::string& input : {whole, parts}) {
    expect_events(input, {"binary:" + message}, limited(10'000), Role::server, Context::dropped);
    expect_events(input, {"failed:1009"}, limited(9'999), Role::server, Context::dropped);
  }
}

TEST(Compressed, FailsABombBeforeItsMessageIsWhole) {
  const std::string payload = deflated(std::string(3 << 20, 'b'));
  ASSERT_LT(payload.size(), 4'000U);
  // Half of one frame, and a fragment without FIN: either inflates to more than a mebibyte.
  const std::string half = frame(0xC1, payload).substr(0, 8 + payload.size() / 2);
  const std::string fragment = frame(0x41, payload.substr(0, payload.size() / 2));
  for (const std::string& input : {half, fragment}) {
    EXPECT_EQ(run(input, {}, Role::server, {}, Context::dropped),
              std::vector<std::string>{"failed:1009"});
  }
}

TEST(Compressed, FailsBadTextBeforeItsMessageIsWhole) {
  test::RawDeflate deflate;
  const std::string first = deflate("ok\xFF and more");
  EXPECT_EQ(run(frame(0x41, first), {}, Role::server, {}, Context::dropped),
            std::vector<std::string>{"failed:1007"});
  EXPECT_EQ(run(frame(0x41, first + std::string(1000, 'x')).substr(0, 8 + first.size()), {},
                Role::server, {}, Context::dropped),
            std::vector<std::string>{"failed:1007"});
}

TEST(Compressed, TheFirstBadByteOfTheTextDecides) {
  // The bad byte is the last that is allowed, the first that is not, and one behind it.
  for (const std::size_t at : {99U, 100U, 101U}) {
    const std::string text = std::string(at, 'x') + "\xFF" + std::string(200, 'y');
    const char* code = at <= 100 ? "failed:1007" : "failed:1009";
    expect_events(deflated_frame(text), {code}, limited(100), Role::server, Context::dropped);
  }
}

TEST(Compressed, BlocksWithoutContentAreBoundedToo) {
  std::string blocks;
  for (int i = 0; i < 1000; ++i) blocks += "\x00\x00\x00\xFF\xFF"s;
  // A thousand bytes may come as 1000 + 1000 / 8 + 1024 at most: 2149.
  EXPECT_EQ(run(frame(0xC1, blocks), limited(1000), Role::server, {}, Context::dropped),
            std::vector<std::string>{"failed:1009"});
  const std::string rest = blocks.substr(0, 645) + "\x03\x00\x03\x00"s;
  const std::string first = frame(0x41, blocks.substr(0, 1500));
  expect_events(first + frame(0x80, rest), {"text:"}, limited(1000), Role::server,
                Context::dropped);
  expect_events(first + frame(0x80, rest + "\x00"s), {"failed:1009"}, limited(1000), Role::server,
                Context::dropped);
}

TEST(Compressed, AHugeLengthIsRefusedAtItsHeaderWithoutAllocating) {  // CVE-2020-27813
  InflaterPool inflaters;
  Connection connection(Role::server, {}, &inflaters);
  auto bytes = test::bytes("\xC2\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\2\3\4"s);
  base::MutableBytes in = bytes;
  const std::size_t before = heap_count().blocks;
  const Event event = connection.next(in);
  EXPECT_EQ(heap_count().blocks, before);
  EXPECT_EQ(describe(event), "failed:1009");
}

TEST(Compressed, FragmentsAreCounted) {
  ConnectionLimits limits;
  limits.fragments_max = 3;
  const std::string three = frame(0x41, kHello) + frame(0x00, "") + frame(0x80, "");
  expect_events(three, {"text:Hello"}, limits, Role::server, Context::dropped);
  expect_events(frame(0x41, kHello) + frame(0x00, "") + frame(0x00, "") + frame(0x80, ""),
                {"failed:1008"}, limits, Role::server, Context::dropped);
}

// --- what is held ---

TEST(Compressed, HoldsNothingBetweenMessages) {
  InflaterPool inflaters;
  inflaters.give(inflaters.take());
  // Once through, so that the inflater's own window is there.
  const std::string inputs[] = {
      deflated_frame("warm up"),
      deflated_frame("text"),
      deflated_frame(std::string(3000, 'b'), 2),
      frame(0x41, kHello.substr(0, 3)) + frame(0x89, "p") + frame(0x80, kHello.substr(3)),
      frame(0xC1, "\x00"s),
  };
  for (const std::string& input : inputs) {
    for (std::size_t cut = 1; cut < input.size(); ++cut) {
      auto owned = test::bytes(input);
      Connection connection(Role::server, {}, &inflaters);
      const std::ptrdiff_t before = heap_count().live;
      for (base::MutableBytes in :
           {base::MutableBytes(owned).first(cut), base::MutableBytes(owned).subspan(cut)}) {
        while (connection.next(in).kind != Event::Kind::need_more) {
        }
      }
      EXPECT_EQ(inflaters.idle(), 1U);
      if (&input == &inputs[0]) continue;
      ASSERT_EQ(heap_count().live, before) << "cut at " << cut << " of " << input.size();
    }
  }
}

TEST(Compressed, AMessageThatLiesWholeAsksForNothingOnceTheLoopIsWarm) {
  InflaterPool inflaters;
  Connection one(Role::server, {}, &inflaters);
  Connection two(Role::server, {}, &inflaters);
  const auto read = [](Connection& connection) {
    auto owned = test::bytes(deflated_frame(std::string(3000, 'b')));
    base::MutableBytes in = owned;
    const std::size_t before = heap_count().blocks;
    int messages = 0;
    while (connection.next(in).kind == Event::Kind::message) ++messages;
    EXPECT_EQ(messages, 1);
    return heap_count().blocks - before;
  };
  EXPECT_GT(read(one), 0U);
  EXPECT_EQ(read(two), 0U);
  EXPECT_EQ(read(one), 0U);
}

// A hook may bring another connection to life while it looks at its message.
TEST(Compressed, APayloadIsGoodUntilItsOwnConnectionReadsOn) {
  InflaterPool inflaters;
  Connection one(Role::server, {}, &inflaters);
  Connection two(Role::server, {}, &inflaters);
  auto first = test::bytes(deflated_frame("first"));
  auto second = test::bytes(deflated_frame("other"));
  base::MutableBytes in = first;
  const Event event = one.next(in);
  in = second;
  EXPECT_EQ(describe(two.next(in)), "text:other");
  EXPECT_EQ(describe(event), "text:first");
}

TEST(Compressed, AConnectionMayGoInTheMiddleOfAMessage) {
  std::optional<InflaterPool> inflaters(std::in_place);
  const std::ptrdiff_t before = heap_count().live;
  {
    Connection connection(Role::server, {}, &*inflaters);
    auto owned = test::bytes(frame(0x41, kHello));
    base::MutableBytes in = owned;
    connection.next(in);
    inflaters.reset();
  }
  EXPECT_EQ(heap_count().live, before);
}

TEST(Compressed, A04_NothingIsInflatedAfterOurClose) {
  CompressionCounts counts;
  InflaterPool inflaters(kWindowBitsMax, Context::dropped, &counts);
  Connection connection(Role::server, {}, &inflaters);
  connection.close(CloseCode::normal);
  EXPECT_EQ(feed(connection, frame(0xC1, kHello) + frame(0xC1, "garbage") + frame(0x41, kHello) +
                                 frame(0x80, "too") + frame(0x88, "\x03\xE8")),
            std::vector<std::string>{"close:1000:"});
  EXPECT_EQ(counts.plain, 0U);
}

TEST(Compressed, A04_MessageThatOurCloseCutsOffIsGivenBack) {
  InflaterPool inflaters;
  Connection compressed(Role::server, {}, &inflaters);
  feed(compressed, frame(0x41, kHello));
  EXPECT_EQ(inflaters.idle(), 0U);
  compressed.close(CloseCode::normal);
  EXPECT_EQ(inflaters.idle(), 1U);
  Connection plain(Role::server, {});
  feed(plain, frame(0x01, std::string(9000, 'x')));
  const std::ptrdiff_t held = heap_count().live;
  plain.close(CloseCode::normal);
  EXPECT_LT(heap_count().live, held);
}

TEST(Compressed, DropsMessagesAfterOurCloseButKeepsTheContext) {
  InflaterPool inflaters(kWindowBitsMax, Context::kept);
  Connection connection(Role::server, {}, &inflaters);
  connection.close(CloseCode::normal);
  EXPECT_EQ(feed(connection, frame(0xC1, kHello) + frame(0x41, kHelloAgain.substr(0, 2)) +
                                 frame(0x80, kHelloAgain.substr(2)) + frame(0x88, "\x03\xE8")),
            std::vector<std::string>{"close:1000:"});
}

}  // namespace
}  // namespace microframe::proto
