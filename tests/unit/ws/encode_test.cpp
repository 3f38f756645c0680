#include "ws/encode.hpp"

#include <gtest/gtest.h>

#include <boost/json/string.hpp>
#include <string>

#include "support/counted_heap.hpp"
#include "unit/ws/frame_text.hpp"
#include "v1/binary.hpp"

namespace microframe::ws {
namespace {

using test::enveloped_of;
using test::plain_of;

TEST(Encode, JsonIsItsTextHoweverLong) {
  // Around what is written at once, the quotes included.
  for (const std::size_t size : {0, 10, 4093, 4094, 4095, 4096, 100'000}) {
    const Json message(std::string(size, 'x'));
    const base::Frame frame = encode(message, Forms::both);
    EXPECT_EQ(base::as_text(frame.plain().bytes()),
              base::as_text(encode(Message::text(to_text(message)), Forms::plain).plain().bytes()))
        << size;
    EXPECT_EQ(enveloped_of(frame), R"({"t":"message","data":")" + std::string(size, 'x') + "\"}")
        << size;
  }
}

TEST(Encode, AnOrdinaryMessageIsOneAllocation) {
  const Json message{{"type", "chat"}, {"text", "hello there"}, {"list", {1, 2.5, true}}};
  const std::size_t before = test::heap_count().blocks;
  const base::Frame frame = encode(message, Forms::plain);
  EXPECT_EQ(test::heap_count().blocks - before, 1U);
}

TEST(Encode, OnlyTheFormsWantedAreMade) {
  const Json message{{"a", 1}};
  EXPECT_FALSE(encode(message, Forms::plain).enveloped());
  EXPECT_FALSE(encode(message, Forms::enveloped).plain());
  EXPECT_FALSE(encode(Message::text("hi"), Forms::plain).enveloped());
  EXPECT_FALSE(encode(Message::text("hi"), Forms::enveloped).plain());
}

TEST(Encode, RawTextIsEnvelopedAsJsonOrAsAString) {
  const auto enveloped = [](std::string_view text) {
    return enveloped_of(encode(Message::text(text), Forms::both));
  };
  EXPECT_EQ(enveloped(R"({"a":1})"), R"({"t":"message","data":{"a":1}})");
  EXPECT_EQ(enveloped("hi"), R"({"t":"message","data":"hi"})");
  EXPECT_EQ(plain_of(encode(Message::text("hi"), Forms::both)), "hi");
}

TEST(Encode, WhatWasEncodedPlainIsEnvelopedLater) {
  const base::Bytes bytes = base::as_bytes("b");
  for (const Message& message : {Message::text("hi"), Message::binary(bytes)}) {
    const base::Frame frame = encode(message, Forms::both);
    EXPECT_EQ(base::as_text(envelope(frame.plain()).bytes()),
              base::as_text(frame.enveloped().bytes()));
  }
}

TEST(Encode, JsonStaysJsonHoweverMuchItLooksLikeText) {
  for (const Json& message : {Json(5), Json(true), Json("5"), Json(nullptr), Json{{"a", 1}}}) {
    const base::Frame frame = encode(message, Forms::both);
    EXPECT_EQ(base::as_text(envelope(frame.plain()).bytes()),
              base::as_text(frame.enveloped().bytes()));
    EXPECT_EQ(enveloped_of(encode_json(to_text(message), Forms::both)), enveloped_of(frame));
  }
}

TEST(Encode, ARoomsRecordIsWhatThePlainFormHolds) {
  const RoomMessage text = to_room_message(encode(Json{{"a", 1}}, Forms::both), 7);
  EXPECT_EQ(text.offset, 7U);
  EXPECT_FALSE(text.is_binary);
  EXPECT_EQ(text.content, R"({"a":1})");
  const base::Bytes bytes = base::as_bytes(std::string_view("\0\1", 2));
  const RoomMessage binary = to_room_message(encode(Message::binary(bytes), Forms::plain), 8);
  EXPECT_TRUE(binary.is_binary);
  EXPECT_EQ(binary.content, std::string("\0\1", 2));
}

TEST(Encode, PlaceIsToldByTheEnvelopedFormAlone) {
  v1::MessagePlace place;
  place.room = "r";
  place.offset = 7;
  const base::Frame frame = encode(Json{{"a", 1}}, Forms::both, place);
  EXPECT_EQ(plain_of(frame), R"({"a":1})");
  EXPECT_EQ(enveloped_of(frame), R"({"t":"message","room":"r","offset":7,"data":{"a":1}})");
}

TEST(Encode, BytesAreEnvelopedBehindTheirPlace) {
  v1::MessagePlace place;
  place.room = "r";
  place.offset = 7;
  const Message message = Message::binary(base::as_bytes("bytes"));
  const std::string enveloped = enveloped_of(encode(message, Forms::both, place));
  const auto read = v1::parse_binary(base::as_bytes(enveloped));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->number, 7U);
  EXPECT_EQ(read->room, "r");
  EXPECT_EQ(base::as_text(read->content), "bytes");
}

// --- compressed

class Deflated : public testing::Test {
 protected:
  base::SharedBuffer deflate(const base::SharedBuffer& frame, std::size_t threshold) {
    return deflated(frame, deflater, threshold, counts);
  }
  proto::Deflater deflater{proto::DeflaterOptions{}};
  proto::CompressionCounts counts;
};

TEST_F(Deflated, MessageBelowTheThresholdStaysPlain) {
  const auto frame = encode_text(std::string(100, 'x'));
  EXPECT_FALSE(deflate(frame, 101));
  EXPECT_TRUE(deflate(frame, 100));
}

TEST_F(Deflated, FrameSaysThatItIsCompressedAndWhatItIs) {
  constexpr unsigned kFinRsv1 = 0xC0;  // RFC 7692 §6: RSV1 marks a compressed message
  const std::string long_one(100, 'x');
  const auto text = deflate(encode_text(long_one), 0);
  const auto binary =
      deflate(encode(Message::binary(base::as_bytes(long_one)), Forms::plain).plain(), 0);
  EXPECT_EQ(std::to_integer<unsigned>(text.bytes()[0]), kFinRsv1 | 1);
  EXPECT_EQ(std::to_integer<unsigned>(binary.bytes()[0]), kFinRsv1 | 2);
}

TEST_F(Deflated, BytesAreCountedBeforeAndAfter) {
  const auto compressed = deflate(encode_text(std::string(100, 'x')), 0);
  EXPECT_EQ(counts.plain, 100U);
  EXPECT_EQ(counts.compressed, compressed.content().size());
  EXPECT_LT(counts.compressed, counts.plain);
}

TEST_F(Deflated, MessageThatWouldNotGetShorterStaysPlainAndIsNotCounted) {
  EXPECT_FALSE(deflate(encode_text("abc"), 0));
  EXPECT_EQ(counts.plain, 0U);
}

}  // namespace
}  // namespace microframe::ws
