// Inflating and compressing messages, read along RFC 7692 §7.2. Every case runs whole and cut at
// every offset.

#include "proto/inflater.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "proto/deflater.hpp"
#include "proto/inflater_pool.hpp"
#include "support/bytes.hpp"
#include "support/counted_heap.hpp"
#include "support/deflate.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_literals;
using test::RawDeflate;
using test::RawInflate;

constexpr std::size_t kLarge = 1 << 20;

// What a payload holds, or the error in a word; `cuts` are where it is cut.
std::string inflate_with(Inflater& inflater, std::string_view payload, std::size_t bytes_max,
                         std::vector<std::size_t> cuts = {}) {
  cuts.push_back(payload.size());
  std::size_t from = 0;
  std::optional<InflateError> error;
  for (const std::size_t cut : cuts) {
    error = inflater.feed(base::as_bytes(payload.substr(from, cut - from)), bytes_max);
    EXPECT_LE(inflater.output().size(), bytes_max + 1);
    if (error) break;
    from = cut;
  }
  if (!error) error = inflater.finish();
  const std::string text = test::text(inflater.output());
  inflater.restart();
  if (error == InflateError::too_big) return "<too big>";
  if (error == InflateError::corrupt) return "<corrupt>";
  if (error == InflateError::truncated) return "<truncated>";
  return text;
}

std::string inflate_new(std::string_view payload, std::size_t bytes_max,
                        std::vector<std::size_t> cuts = {}, Context context = Context::dropped) {
  Inflater inflater(15, context);
  return inflate_with(inflater, payload, bytes_max, std::move(cuts));
}

void expect_inflated(const char* name, std::string_view payload, const std::string& expected,
                     std::size_t bytes_max = kLarge) {
  EXPECT_EQ(inflate_new(payload, bytes_max), expected) << name;
  std::vector<std::size_t> every;
  for (std::size_t cut = 1; cut < payload.size(); ++cut) {
    every.push_back(cut);
    ASSERT_EQ(inflate_new(payload, bytes_max, {cut}), expected) << name << ", cut at " << cut;
  }
  EXPECT_EQ(inflate_new(payload, bytes_max, every), expected) << name << ", a byte at a time";
  EXPECT_EQ(inflate_new(payload, bytes_max, every, Context::kept), expected)
      << name << ", with a context";
  // One that has been used, and one whose buffer is larger than this message may be.
  Inflater used(15, Context::dropped);
  inflate_with(used, test::deflated(std::string(10'000, 'u')), kLarge);
  EXPECT_EQ(inflate_with(used, payload, bytes_max), expected) << name << ", by one that was used";
}

struct InflateCase {
  const char* name;
  std::string payload;
  std::string message;
};

const InflateCase kInflateCases[] = {
    {"§7.2.3.1 one compressed block", "\xF2\x48\xCD\xC9\xC9\x07\x00"s, "Hello"},
    {"§7.2.3.2 a distance beyond the beginning: a window was to be shared", "\xF2\x00\x11\x00\x00"s,
     "<corrupt>"},
    {"§7.2.3.3 a block without compression", "\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"s,
     "Hello"},
    {"§7.2.3.4 a final block, then the empty one", "\xF3\x48\xCD\xC9\xC9\x07\x00\x00"s, "Hello"},
    {"§7.2.3.5 two blocks", "\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00"s, "Hello"},
    {"§7.2.3.6 the empty message", "\x00"s, ""},
    {"§7.2.3.6 the empty message as a final block", "\x03\x00\x00"s, ""},
    {"§7.2.3.6 the empty message in a compressed block", "\x02\x00"s, ""},
    {"no payload at all", ""s, ""},
    {"the tail is still there", "\xF2\x48\xCD\xC9\xC9\x07\x00\x00\x00\xFF\xFF"s, "Hello"},
    {"a final block and no more", "\xF3\x48\xCD\xC9\xC9\x07\x00"s, "Hello"},
    {"a final block between others",
     "\xF3\x48\xCD\xC9\xC9\x07\x00"s + "\xF3\x48\xCD\xC9\xC9\x07\x00"s +
         "\xF2\x48\xCD\xC9\xC9\x07\x00"s,
     "HelloHelloHello"},
    {"a final block without compression", "\x01\x01\x00\xFE\xFF\x41"s + "\x00"s, "A"},
    {"a block behind a final one refers to it",
     "\xF3\x48\xCD\xC9\xC9\x07\x00"s + "\x02\x13\x00\x00"s, "HelloHello"},
    {"a thousand final blocks",
     [] {
       std::string blocks;
       for (int i = 0; i < 1000; ++i) blocks += "\x03\x00"s;
       return blocks + "\x00"s;
     }(),
     ""},
    {"§7.2.2 block type 3", "\x06"s, "<corrupt>"},
    {"§7.2.2 block type 3 behind data", "\xF2\x48\xCD\xC9\xC9\x07\x00\x00\x00\xFF\xFF\x06"s,
     "<corrupt>"},
    {"§7.2.2 a length without its complement", "\x00\x05\x00\xFA\xFE\x48"s, "<corrupt>"},
    {"§7.2.2 not DEFLATE", "\xFF\xFF\xFF\xFF"s, "<corrupt>"},
    {"§7.2.2 text that nobody compressed", "Hello, world"s, "<corrupt>"},
    {"cut inside a block without compression", "\x00\x05\x00\xFA\xFF\x48\x65"s, "<truncated>"},
    {"cut inside the length of one", "\x00\x05\x00"s, "<truncated>"},
    {"cut inside a compressed block", "\xF2\x48\xCD"s, "<truncated>"},
    {"cut behind a compressed block, inside the byte", "\xF2\x48\xCD\xC9\xC9\x07"s, "<truncated>"},
    {"cut inside the tail", "\xF2\x48\xCD\xC9\xC9\x07\x00\x00\x00"s, "<truncated>"},
    {"a final block cut", "\xF3\x48\xCD"s, "<truncated>"},
};

TEST(Inflater, InflatesEachPayloadHoweverItIsCut) {
  for (const InflateCase& c : kInflateCases) expect_inflated(c.name, c.payload, c.message);
}

TEST(Inflater, InflatesWhatZlibMakes) {
  std::mt19937 random(7692);
  std::string noise(3000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  std::string text;
  while (text.size() < 3000) text += "{\"user\":" + std::to_string(random() % 100) + "},";
  for (const std::string& message : {"a"s, text, noise, std::string(3000, 'x'), noise + noise}) {
    for (const int level : {0, 1, 6, 9}) {
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED}) {
        for (const int bits : {9, 12, 15}) {
          RawDeflate deflate(level, bits, strategy);
          const std::string payload = deflate.message(message);
          ASSERT_EQ(inflate_new(payload, kLarge), message);
          ASSERT_EQ(inflate_new(payload, kLarge, {1, payload.size() / 2}), message);
        }
      }
    }
  }
}

TEST(Inflater, RefusesEveryTruncatedPayload) {
  const std::string payload =
      test::deflated("The quick brown fox, the quick brown fox, the lazy dog");
  ASSERT_GT(payload.size(), 30U);
  for (std::size_t size = 1; size < payload.size(); ++size) {
    ASSERT_EQ(inflate_new(payload.substr(0, size), kLarge), "<truncated>") << size;
  }
}

TEST(Inflater, StopsAtItsBoundAndOnePastIt) {  // CVE-2026-39804
  for (const std::size_t size : {1U, 255U, 4095U, 4096U, 4097U, 65536U, 1'000'000U}) {
    const std::string message(size, 'b');
    const std::string payload = test::deflated(message);
    const std::size_t step = std::max<std::size_t>(1, payload.size() / 50);
    for (std::size_t cut = 0; cut < payload.size(); cut += step) {
      ASSERT_EQ(inflate_new(payload, size, {cut}), message) << size << ", cut at " << cut;
      ASSERT_EQ(inflate_new(payload, size - 1, {cut}), "<too big>") << size << ", cut at " << cut;
    }
  }
  expect_inflated("a message of nothing where nothing is allowed", "\x00"s, "", 0);
  expect_inflated("a byte where nothing is allowed", test::deflated("b"), "<too big>", 0);
}

TEST(Inflater, AFinalBlockMayEndWhereTheBufferDoes) {
  for (const std::size_t size : {4095U, 4096U, 4097U, 8192U}) {
    const std::string message(size, 'b');
    RawDeflate deflate;
    const std::string payload = deflate(message, Z_FINISH);
    EXPECT_EQ(inflate_new(payload, kLarge), message) << size;
    EXPECT_EQ(inflate_new(payload, size, {payload.size() - 1}), message) << size;
  }
}

TEST(Inflater, ABombAllocatesNoMoreThanItsBound) {
  const std::string bomb = test::deflated(std::string(64 * kLarge, '\0'));
  ASSERT_LT(bomb.size(), 70'000U);
  Inflater inflater(15, Context::dropped);
  test::HeapCount& heap = test::heap_count();
  heap.largest = 0;
  const std::size_t before = heap.bytes;
  EXPECT_EQ(inflater.feed(base::as_bytes(bomb), kLarge), InflateError::too_big);
  EXPECT_EQ(inflater.output().size(), kLarge + 1);
  EXPECT_LE(heap.largest, kLarge + 1);
  EXPECT_LE(heap.bytes - before, 3 * kLarge + 64 * 1024);
}

TEST(Inflater, SharesItsWindowWithTheMessagesBefore) {  // §7.2.3.2
  Inflater inflater(15, Context::kept);
  EXPECT_EQ(inflate_with(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00"s, 5), "Hello");
  EXPECT_EQ(inflate_with(inflater, "\xF2\x00\x11\x00\x00"s, 5), "Hello");
  EXPECT_EQ(inflate_with(inflater, "\xF2\x00\x11\x00\x00"s, 5, {1, 2, 3, 4}), "Hello");
}

TEST(Inflater, SharesItsWindowBeyondFinalBlocksAndEmptyMessages) {
  Inflater inflater(15, Context::kept);
  EXPECT_EQ(inflate_with(inflater, "\xF3\x48\xCD\xC9\xC9\x07\x00\x00"s, 5), "Hello");
  EXPECT_EQ(inflate_with(inflater, "\x00"s, 5), "");
  EXPECT_EQ(inflate_with(inflater, ""s, 5), "");
  EXPECT_EQ(inflate_with(inflater, "\x03\x00"s, 5), "");
  EXPECT_EQ(inflate_with(inflater, "\x01"s, 5), "");  // with the tail, a final block
  EXPECT_EQ(inflate_with(inflater, "\xF2\x00\x11\x00\x00"s, 5), "Hello");
}

TEST(Inflater, ForgetsEarlierMessagesWithoutContext) {  // §7.1.1
  Inflater inflater(15, Context::dropped);
  EXPECT_EQ(inflate_with(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00"s, 5), "Hello");
  EXPECT_EQ(inflate_with(inflater, "\xF2\x00\x11\x00\x00"s, 5), "<corrupt>");
  EXPECT_EQ(inflate_with(inflater, "\xF2\x48\xCD\xC9\xC9\x07\x00"s, 5), "Hello")
      << "after an error";
}

TEST(Inflater, FollowsAPeersContextThroughManyMessages) {
  for (const int bits : {9, 15}) {
    RawDeflate peer(6, bits);
    Inflater inflater(static_cast<std::uint8_t>(bits), Context::kept);
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) {
      std::string message;
      for (auto n = random() % 200; n != 0; --n) message += "word" + std::to_string(random() % 50);
      ASSERT_EQ(inflate_with(inflater, peer.message(message), kLarge), message) << i;
    }
  }
}

TEST(InflaterPool, HoldsAFewForAllAndNoLargeBuffer) {
  test::HeapCount& heap = test::heap_count();
  const std::ptrdiff_t before = heap.live;
  {
    InflaterPool pool;
    EXPECT_EQ(heap.live, before) << "nothing until the first message";
    std::vector<std::unique_ptr<Inflater>> many;
    for (int i = 0; i < 20; ++i) {
      many.push_back(pool.take());
      inflate_with(*many.back(), test::deflated(std::string(kLarge, 'x')), kLarge);
    }
    for (auto& one : many) pool.give(std::move(one));
    EXPECT_EQ(pool.idle(), 4U);
    const std::unique_ptr<Inflater> again = pool.take();
    const std::size_t blocks = heap.bytes;
    const std::string small = test::deflated("small");
    const std::size_t asked = heap.bytes;
    again->feed(base::as_bytes(small), kLarge);
    EXPECT_LE(heap.bytes - asked, 4096U) << "the large buffer was given back";
    EXPECT_GE(heap.bytes, blocks);
  }
  EXPECT_EQ(heap.live, before);
}

// --- compressing ---

DeflaterOptions options(int level, int bits, Context context, int memory_level = 8) {
  DeflaterOptions made;
  made.level = level;
  made.memory_level = memory_level;
  made.window_bits = static_cast<std::uint8_t>(bits);
  made.context = context;
  return made;
}

std::string compressed(Deflater& deflater, std::string_view message) {
  const auto payload = deflater.compress(base::as_bytes(message));
  return payload ? test::text(*payload) : "<no shorter>";
}

std::vector<std::string> messages() {
  std::mt19937 random(2);
  std::vector<std::string> made = {std::string(64, 'a'), std::string(100'000, 'b')};
  for (const std::size_t size : {200U, 5'000U, 70'000U}) {
    std::string text;
    while (text.size() < size)
      text += R"({"id":)" + std::to_string(random()) + R"(,"name":"user"},)";
    made.push_back(text);
  }
  return made;
}

TEST(Deflater, MakesWhatZlibInflates) {
  for (int level = 1; level <= 9; ++level) {
    for (const int bits : {9, 10, 15}) {
      Deflater fresh(options(level, bits, Context::dropped));
      Deflater kept(options(level, bits, Context::kept));
      RawInflate peer(bits);
      for (const std::string& message : messages()) {
        ASSERT_EQ(RawInflate(bits).message(compressed(fresh, message)), message) << level;
        ASSERT_EQ(peer.message(compressed(kept, message)), message) << level;
      }
    }
  }
}

TEST(Deflater, EndsEachMessageAsTheRfcSays) {  // §7.2.1, and its own inflater agrees
  Deflater deflater(options(6, 15, Context::dropped));
  const std::string payload = compressed(deflater, "HelloHelloHelloHello");
  EXPECT_EQ(inflate_new(payload, kLarge), "HelloHelloHelloHello");
  EXPECT_FALSE(payload.ends_with("\x00\x00\xFF\xFF"s));
  EXPECT_EQ(payload.back(), '\0') << "the header of the empty block";
}

TEST(Deflater, ReportsAMessageThatDoesNotGetShorter) {
  std::mt19937 random(3);
  for (const std::size_t size : {0U, 1U, 5U, 100U, 4'096U, 100'000U}) {
    std::string noise(size, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    Deflater deflater(options(6, 15, Context::dropped));
    EXPECT_EQ(compressed(deflater, noise), "<no shorter>") << size;
    EXPECT_EQ(RawInflate().message(compressed(deflater, std::string(100, 'z'))),
              std::string(100, 'z'))
        << "the next one suffers nothing";
  }
}

TEST(Deflater, CompressesEveryMessageWithAContext) {
  std::mt19937 random(4);
  Deflater deflater(options(6, 15, Context::kept));
  RawInflate peer;
  std::string noise(100'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& message : {noise, ""s, "a"s, ""s, ""s, noise, "b"s}) {
    const std::string payload = compressed(deflater, message);
    EXPECT_NE(payload, "");
    ASSERT_EQ(peer.message(payload), message);
  }
  const std::string first = compressed(deflater, messages()[2]);
  const std::string second = compressed(deflater, messages()[2]);
  EXPECT_LT(second.size(), first.size() / 4) << "it refers to the one before";
}

TEST(Deflater, ShortMessagesNeverReferBeyondANarrowWindow) {
  // One compressed for a wide window suits a narrow one as long as it is no longer than that.
  for (std::uint8_t bits = 9; bits < 15; ++bits) {
    std::string message;
    for (int i = 0; message.size() < (std::size_t{1} << bits); ++i)
      message += std::to_string(i * 7919 % 1000);
    message.resize(std::size_t{1} << bits);
    message.replace(message.size() - 8, 8, message.substr(0, 8));
    Deflater deflater(options(9, 15, Context::dropped));
    EXPECT_EQ(RawInflate(bits).message(compressed(deflater, message)), message);
  }
}

TEST(Deflater, HoldsTheBytesThatItReportsAndNoLargeBuffer) {
  test::HeapCount& heap = test::heap_count();
  for (const int bits : {9, 12, 15}) {
    for (const int memory_level : {1, 5, 8}) {
      const DeflaterOptions made = options(6, bits, Context::kept, memory_level);
      const std::size_t before = heap.bytes;
      const Deflater deflater(made);
      EXPECT_LE(heap.bytes - before, Deflater::bytes_held(made) + 1024);
      EXPECT_GE(heap.bytes - before, Deflater::bytes_held(made) * 3 / 4);
    }
  }
  for (const auto bits : {std::uint8_t{9}, std::uint8_t{15}}) {
    // This takes memory of its own, which clang's sanitizers count.
    const std::string message = test::deflated("x");
    const std::size_t before = heap.bytes;
    Inflater inflater(bits, Context::kept);
    inflate_with(inflater, message, kLarge);
    EXPECT_LE(heap.bytes - before - 4096 - 256, Inflater::bytes_held(bits));
  }
}

}  // namespace
}  // namespace microframe::proto
