// What waits for its turn with the hooks: who has sent it, and how much memory it holds.
#include "ws/hook_job.hpp"

#include <gtest/gtest.h>

#include <string>

namespace microframe::ws {
namespace {

TEST(HookJob, OnlyRoomChangesAreNoMessages) {
  EXPECT_TRUE(is_message(PlainMessage{false, "hi"}));
  EXPECT_TRUE(is_message(SessionMessage{{}, 9}));
  EXPECT_TRUE(is_message(SessionBinary{1, "hi", {}}));
  EXPECT_TRUE(is_message(SessionControl{{}, 9}));
  EXPECT_FALSE(is_message(RoomChange{{}, "room"}));
}

TEST(HookJob, SizeIsThatOfTheJobAndOfWhatItHolds) {
  EXPECT_EQ(size_of(PlainMessage{false, std::string(100, 'x')}), sizeof(HookJob) + 100);
  EXPECT_EQ(size_of(SessionBinary{1, std::string(200, 'x'), {}}), sizeof(HookJob) + 200);
  EXPECT_EQ(size_of(RoomChange{{}, std::string(30, 'x')}), sizeof(HookJob) + 30);
}

TEST(HookJob, SizeOfASessionsFrameIsThatOfTheFrameAsItCame) {
  v1::ClientFrame frame;
  frame.data = std::string(1000, 'x');
  EXPECT_EQ(size_of(SessionMessage{frame, 1040}), sizeof(HookJob) + 1040);
  EXPECT_EQ(size_of(SessionControl{frame, 50}), sizeof(HookJob) + 50);
}

TEST(HookJob, EmptyMessageHoldsMemoryToo) {
  EXPECT_GT(size_of(PlainMessage{false, ""}), 0U);
}

}  // namespace
}  // namespace microframe::ws
