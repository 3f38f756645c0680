// A session as bytes on its way to another node.
#include "ws/session_export.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "microframe/json.hpp"
#include "ws/encode.hpp"

namespace microframe::ws {
namespace {

SessionExport sample() {
  SessionExport session;
  session.past.sent = 300;
  session.past.handled = 17;
  session.past.asked = 3;
  session.past.attempts = 2;
  session.frames = {encode_text("one"), encode_text(std::string(70'000, 'x'))};
  session.rooms = {{"tea", "", 0}, {std::string("a\0b", 3), "epoch", 1'000'000}};
  session.heard = {1, 0xFFFF'FFFF'FFFF'FFFF};
  return session;
}

TEST(SessionExport, ComesAsItWent) {
  const auto read = read_session(write_session(sample()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->past.sent, 300U);
  EXPECT_EQ(read->past.handled, 17U);
  EXPECT_EQ(read->past.asked, 3U);
  EXPECT_EQ(read->past.attempts, 2U);
  ASSERT_EQ(read->frames.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto was = sample().frames[i];
    EXPECT_EQ(base::as_text(read->frames[i].bytes()), base::as_text(was.bytes()));
    EXPECT_EQ(base::as_text(read->frames[i].content()), base::as_text(was.content()));
  }
  ASSERT_EQ(read->rooms.size(), 2U);
  EXPECT_EQ(read->rooms[1].name, std::string("a\0b", 3));
  EXPECT_EQ(read->rooms[1].epoch, "epoch");
  EXPECT_EQ(read->rooms[1].offset, 1'000'000U);
  EXPECT_EQ(read->heard, sample().heard);
}

TEST(SessionExport, WhatFollowsIsOfALaterVersion) {
  EXPECT_TRUE(read_session(write_session(sample()) + "more"));
}

TEST(SessionExport, IsReadWholeOrNotAtAll) {
  SessionExport small = sample();
  small.frames.pop_back();
  const std::string bytes = write_session(small);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read_session(std::string_view(bytes).substr(0, size))) << size;
}

TEST(SessionExport, OtherBytesAreNone) {
  std::string other = write_session(sample());
  other[0] = 2;
  EXPECT_FALSE(read_session(other)) << "another version";
  SessionExport more = sample();
  more.past.sent = 1;
  EXPECT_FALSE(read_session(write_session(more))) << "more frames than were ever sent";
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (char& one : bytes) one = static_cast<char>(random());
    if (!bytes.empty()) bytes[0] = 1;
    read_session(bytes);
  }
}

}  // namespace
}  // namespace microframe::ws
