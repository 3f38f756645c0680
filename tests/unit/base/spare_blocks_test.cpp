// The blocks that a thread keeps: which comes back, how many are kept, and that none is lost.

#include "base/spare_blocks.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "support/counted_heap.hpp"

namespace microframe::base {
namespace {

class SpareBlocksTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!SpareBlocks::kKeeps) GTEST_SKIP() << "a sanitizer's build keeps none";
  }
};

TEST_F(SpareBlocksTest, WhatWasGivenBackIsTakenAgainForItsSize) {
  const SpareBlocks spare;
  void* const block = SpareBlocks::take(100);
  SpareBlocks::give(block, 100);
  void* const larger = SpareBlocks::take(129);
  EXPECT_NE(larger, block);
  void* const smaller = SpareBlocks::take(64);
  EXPECT_NE(smaller, block);
  void* const again = SpareBlocks::take(128);
  EXPECT_EQ(again, block);
  std::memset(again, 'x', 128);
  SpareBlocks::give(larger, 129);
  SpareBlocks::give(smaller, 64);
  SpareBlocks::give(again, 128);
}

TEST_F(SpareBlocksTest, KeepsSoManyOfASizeAndNoneThatIsLarge) {
  const std::ptrdiff_t before = test::heap_count().live;
  {
    const SpareBlocks spare;
    for (const std::size_t bytes : {1U, 64U, 65U, 512U, 513U, 70'000U}) {
      std::vector<void*> blocks;
      for (int i = 0; i < 100; ++i) blocks.push_back(SpareBlocks::take(bytes));
      for (void* block : blocks) SpareBlocks::give(block, bytes);
    }
    EXPECT_EQ(test::heap_count().live, before + 3 * 16);  // 1 and 64 are of one size
  }
  EXPECT_EQ(test::heap_count().live, before);
}

TEST_F(SpareBlocksTest, ABlockMayBeGivenBackElsewhere) {
  void* block = nullptr;
  std::thread([&] { block = SpareBlocks::take(1); }).join();
  const SpareBlocks spare;
  SpareBlocks::give(block, 1);
  void* const again = SpareBlocks::take(64);
  EXPECT_EQ(again, block);
  std::memset(again, 'x', 64);
  std::thread([&] { SpareBlocks::give(again, 64); }).join();
}

}  // namespace
}  // namespace microframe::base
