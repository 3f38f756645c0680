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

TEST_F(SpareBlocksTest, ReusesABlockOfTheSameSize) {
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

// Sizes, and what is kept of a thousand blocks of each.
TEST_F(SpareBlocksTest, KeepsABoundedNumberOfBytesAndNoLargeBlock) {
  struct Case {
    std::size_t bytes;
    std::ptrdiff_t kept;
  };
  constexpr Case cases[] = {{1, 1000},     {64, 1000},      {128, 512},  {512, 128},
                            {513, 1000},   {4096, 512},     {4097, 409}, {16'500, 102},
                            {20'480, 102}, {80 * 1024, 25}, {81'921, 0}, {200'000, 0}};
  for (const auto& [bytes, kept] : cases) {
    const std::ptrdiff_t before = test::heap_count().live;
    {
      const SpareBlocks spare;
      std::vector<void*> blocks(1000);
      const std::ptrdiff_t empty = test::heap_count().live;
      for (void*& block : blocks) {
        block = SpareBlocks::take(bytes);
        std::memset(block, 'x', bytes);
      }
      for (void* block : blocks) SpareBlocks::give(block, bytes);
      EXPECT_EQ(test::heap_count().live - empty, kept) << bytes;
      // All that are kept come back, each once, before the heap is asked.
      for (std::ptrdiff_t i = 0; i < kept; ++i)
        blocks[static_cast<std::size_t>(i)] = SpareBlocks::take(bytes);
      EXPECT_EQ(test::heap_count().live - empty, kept) << bytes;
      for (std::ptrdiff_t i = 0; i < kept; ++i)
        SpareBlocks::give(blocks[static_cast<std::size_t>(i)], bytes);
    }
    EXPECT_EQ(test::heap_count().live, before) << bytes;
  }
}

TEST_F(SpareBlocksTest, ASizeIsServedByBlocksThatAreLargeEnough) {
  for (std::size_t bytes = 1; bytes <= 80 * 1024; bytes += bytes < 2048 ? 1 : 61) {
    const SpareBlocks spare;
    void* const block = SpareBlocks::take(bytes);
    std::memset(block, 'x', bytes);
    SpareBlocks::give(block, bytes);
    ASSERT_EQ(SpareBlocks::take(bytes), block) << bytes;
    SpareBlocks::give(block, bytes);
  }
}

TEST_F(SpareBlocksTest, ABlockMayBeFreedOnAnotherThread) {
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
