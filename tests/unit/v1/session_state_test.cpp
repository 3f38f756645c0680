// What a session keeps of either direction.
#include <gtest/gtest.h>

#include <string>

#include "support/buffer.hpp"
#include "v1/message_ids.hpp"
#include "v1/sent_frames.hpp"

namespace microframe::v1 {
namespace {

using test::buffer;

std::string after(const SentFrames& frames, std::uint64_t count) {
  std::string all;
  frames.for_each_after(count,
                        [&](const base::SharedBuffer& one) { all += base::as_text(one.bytes()); });
  return all;
}

TEST(SentFramesTest, WhatWasNotReceivedIsThereInOrder) {
  SentFrames frames({100, 100});
  for (const char* one : {"a", "b", "c"}) frames.add(buffer(one));
  EXPECT_EQ(frames.count(), 3u);
  EXPECT_EQ(after(frames, 1), "bc");
  EXPECT_TRUE(frames.has_all_after(0));
  frames.forget(2);
  EXPECT_EQ(after(frames, 2), "c");
  EXPECT_FALSE(frames.has_all_after(1));
  EXPECT_TRUE(frames.has_all_after(3));
  EXPECT_FALSE(frames.has_all_after(4)) << "more than was ever sent: another session's count";
}

TEST(SentFramesTest, ACountThatIsTooHighForgetsAllAndNoMore) {
  SentFrames frames({100, 100});
  frames.add(buffer("a"));
  frames.forget(99);
  EXPECT_EQ(frames.count(), 1u);
  frames.add(buffer("b"));
  EXPECT_EQ(after(frames, 1), "b");
}

TEST(SentFramesTest, ItsBoundsAreKept) {
  SentFrames by_bytes({4, 100});
  for (int i = 0; i < 3; ++i) by_bytes.add(buffer("ab"));
  EXPECT_EQ(by_bytes.bytes(), 4u);
  EXPECT_FALSE(by_bytes.has_all_after(0));
  EXPECT_TRUE(by_bytes.has_all_after(1));
  SentFrames by_frames({100, 2});
  for (int i = 0; i < 3; ++i) by_frames.add(buffer("a"));
  EXPECT_EQ(by_frames.kept(), 2u);
}

TEST(SentFramesTest, OneThatIsPastTheBoundIsCountedAndNotKept) {
  SentFrames frames({4, 100});
  frames.add(buffer("12345"));
  EXPECT_EQ(frames.kept(), 0u);
  EXPECT_EQ(frames.count(), 1u);
  EXPECT_FALSE(frames.has_all_after(0));
}

TEST(MessageIdsTest, EachIsTakenOnce) {
  MessageIds ids;
  EXPECT_TRUE(ids.accept(1));
  EXPECT_FALSE(ids.accept(1));
  EXPECT_TRUE(ids.accept(5));
  EXPECT_FALSE(ids.accept(4));
  EXPECT_TRUE(ids.accept(0));
  EXPECT_TRUE(ids.accept(0)) << "0 is no id";
}

TEST(MessageIdsTest, WhatWasNotBegunMayComeAgain) {
  MessageIds ids;
  ids.accept(1);
  ids.begin(1);
  ids.accept(2);
  ids.rewind();
  EXPECT_FALSE(ids.accept(1));
  EXPECT_TRUE(ids.accept(2));
  EXPECT_EQ(ids.handled(), 1u);
}

}  // namespace
}  // namespace microframe::v1
