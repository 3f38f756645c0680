#include "ws/encode.hpp"

#include <gtest/gtest.h>

#include <boost/json/string.hpp>
#include <string>

#include "support/counted_heap.hpp"

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

}  // namespace
}  // namespace microframe::ws
