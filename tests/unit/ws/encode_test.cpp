#include "ws/encode.hpp"

#include <gtest/gtest.h>

#include <boost/json/string.hpp>
#include <optional>
#include <string>

#include "support/counted_heap.hpp"
#include "ws/room_seal.hpp"

namespace microframe::ws {
namespace {

std::string plain_of(const base::Frame& frame) {
  return std::string(base::as_text(frame.plain().content()));
}
std::string enveloped_of(const base::Frame& frame) {
  return std::string(base::as_text(frame.enveloped().content()));
}

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

// Whatever the width of the number, and whatever the room is called.
TEST(RoomSeal, RenumberedIsAsIfEncodedWithThatOffset) {
  SessionCounts counts;
  const base::Bytes bytes = base::as_bytes("bytes");
  const Json json{{"a", R"(,"offset":1)"}};
  const Message text = Message::text("hi");
  const Message binary = Message::binary(bytes);
  for (const char* room : {"r", R"(x,"offset":5,")"}) {
    const RoomPost post{room, {base::Shedding::Rule::oldest, 3}, false};
    const auto check = [&](const hub::Seal& seal) {
      for (const auto& [expected, offset] :
           {std::pair<std::uint64_t, std::uint64_t>{7, 8}, {9, 10}, {99, 100}, {100, 250}}) {
        base::Frame frame = seal.encode(expected);
        seal.renumber(frame, offset);
        const base::Frame wanted = seal.encode(offset);
        EXPECT_EQ(base::as_text(frame.enveloped().bytes()),
                  base::as_text(wanted.enveloped().bytes()));
        EXPECT_EQ(plain_of(frame), plain_of(wanted));
        EXPECT_EQ(frame.plain().shedding().stream, 3U);
      }
    };
    check(RoomSeal<Json>(json, post, counts));
    check(RoomSeal<Message>(text, post, counts));
    check(RoomSeal<Message>(binary, post, counts));
  }
}

TEST(RoomSeal, WithoutSessionsOnlyAKeptMessageIsEnveloped) {
  SessionCounts counts;
  const Json json{{"a", 1}};
  const RoomSeal<Json> seal(json, RoomPost{"r", {}, false}, counts);
  EXPECT_FALSE(seal.encode(std::nullopt).enveloped());
  EXPECT_EQ(counts.encoded, 0U);
  EXPECT_EQ(enveloped_of(seal.encode(12)),
            R"({"t":"message","room":"r","offset":12,"data":{"a":1}})");
  EXPECT_EQ(counts.encoded, 1U);
  const RoomSeal<Json> wanted(json, RoomPost{"r", {}, true}, counts);
  EXPECT_EQ(enveloped_of(wanted.encode(std::nullopt)),
            R"({"t":"message","room":"r","data":{"a":1}})");
}

}  // namespace
}  // namespace microframe::ws
