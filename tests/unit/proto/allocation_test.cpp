// What the connection asks of the heap: nothing for a message that lies whole, never more than came
// for one that does not, and few blocks however many fragments.

#include <gtest/gtest.h>

#include <algorithm>

#include "proto/connection.hpp"
#include "support/bytes.hpp"
#include "support/counted_heap.hpp"

namespace microframe::proto {
namespace {

using namespace std::string_literals;
using test::frame;
using test::heap_count;

struct Reading {
  test::HeapCount heap;  // what the reading asked for
  std::size_t messages = 0;
  std::size_t controls = 0;
  bool failed = false;
};

// Reads `input` in pieces of that size.
Reading read(std::string_view input, std::size_t piece = std::string_view::npos,
             ConnectionLimits limits = {}) {
  auto owned = test::bytes(input);
  Connection connection(Role::server, limits);
  Reading reading;
  test::HeapCount& heap = heap_count();
  const test::HeapCount before = heap;
  heap.largest = 0;
  for (std::size_t from = 0; from < owned.size();) {
    const std::size_t size = std::min(piece, owned.size() - from);
    base::MutableBytes in = base::MutableBytes(owned).subspan(from, size);
    from += size;
    for (Event event = connection.next(in); event.kind != Event::Kind::need_more;
         event = connection.next(in)) {
      if (event.kind == Event::Kind::message) ++reading.messages;
      if (event.kind == Event::Kind::ping || event.kind == Event::Kind::pong) ++reading.controls;
      reading.failed = reading.failed || event.kind == Event::Kind::failed;
    }
  }
  reading.heap = {heap.blocks - before.blocks, heap.bytes - before.bytes, heap.largest,
                  heap.live - before.live};
  return reading;
}

std::string fragmented(std::size_t fragments, std::size_t size) {
  std::string input = frame(0x02, std::string(size, 'f'));
  for (std::size_t i = 2; i < fragments; ++i) input += frame(0x00, std::string(size, 'f'));
  return input + frame(0x80, std::string(size, 'f'));
}

TEST(Allocation, AllocatesNothingForAMessageThatLiesWhole) {
  const std::string input = frame(0x81, "Hello") + frame(0x82, std::string(70000, 'b')) +
                            frame(0x89, "ping") + frame(0x8A, "") + frame(0x81, "");
  const Reading reading = read(input);
  EXPECT_EQ(reading.messages, 3U);
  EXPECT_EQ(reading.controls, 2U);
  EXPECT_EQ(reading.heap.blocks, 0U);
}

TEST(Allocation, AllocatesNothingForALengthOverTheLimit) {  // CVE-2020-27813
  const Reading reading = read("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\2\3\4"s);
  EXPECT_TRUE(reading.failed);
  EXPECT_EQ(reading.heap.blocks, 0U);
}

TEST(Allocation, AnAnnouncedLengthReservesLittle) {
  // The header of a message as long as the limit, and one byte of it.
  const std::string whole = frame(0x82, std::string(1024 * 1024, 'a'));
  EXPECT_LE(read(whole.substr(0, 15)).heap.bytes, 64U * 1024 + 512);
}

TEST(Allocation, FragmentsDoNotCopyTheMessageEachTime) {
  // A reserve for each fragment was 512 MiB of copies for this mebibyte.
  const Reading reading = read(fragmented(1024, 1024));
  EXPECT_EQ(reading.messages, 1U);
  EXPECT_LE(reading.heap.blocks, 16U);
  EXPECT_LE(reading.heap.bytes, 4U * 1024 * 1024);
}

TEST(Allocation, PiecesOfOneByteHoldNoMoreThanTheMessage) {  // CVE-2026-48779
  const Reading reading = read(fragmented(1024, 1), 1);
  EXPECT_EQ(reading.messages, 1U);
  EXPECT_LE(reading.heap.largest, 2048U);
}

TEST(Allocation, AllocatesNothingForEmptyFragments) {
  ConnectionLimits limits;
  limits.fragments_max = 100'000;
  EXPECT_LE(read(fragmented(100'000, 0), std::string_view::npos, limits).heap.blocks, 1U);
}

// Whatever came before, and however it was cut, between messages a connection holds no block.
TEST(Allocation, FreesTheMemoryWithTheMessage) {
  const std::string inputs[] = {
      frame(0x81, "text"),
      frame(0x82, std::string(300, 'b')),
      frame(0x89, "ping"),
      fragmented(4, 16),
      frame(0x01, "a") + frame(0x89, "p") + frame(0x80, "b"),
  };
  for (const std::string& input : inputs) {
    for (std::size_t cut = 1; cut < input.size(); ++cut) {
      auto owned = test::bytes(input);
      Connection connection(Role::server, {});
      const std::ptrdiff_t before = heap_count().live;
      for (base::MutableBytes in :
           {base::MutableBytes(owned).first(cut), base::MutableBytes(owned).subspan(cut)}) {
        while (connection.next(in).kind != Event::Kind::need_more) {
        }
      }
      ASSERT_EQ(heap_count().live, before) << "cut at " << cut << " of " << input.size();
    }
  }
}

}  // namespace
}  // namespace microframe::proto
