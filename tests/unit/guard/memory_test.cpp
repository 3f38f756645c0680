// The memory of this process, as the kernel counts it.

#include "guard/memory.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "support/sanitized.hpp"

namespace microframe::guard {
namespace {

constexpr std::size_t kMiB = 1 << 20;

TEST(Memory, ResidentBytesGrowWithWhatIsTouched) {
  const std::size_t before = resident_bytes();
  EXPECT_GT(before, 0U);
  const std::unique_ptr<char[]> block(new char[64 * kMiB]);
  // Volatile: what nobody reads need not be written, nor be there.
  volatile char* const bytes = block.get();
  for (std::size_t i = 0; i < 64 * kMiB; i += 1024) bytes[i] = 1;
  EXPECT_GE(resident_bytes(), before + 60 * kMiB);
}

// malloc keeps many small blocks that were freed, unless it is told to give them back.
TEST(Memory, FreedBlocksGoBackToTheKernel) {
  if (test::kSanitized) GTEST_SKIP() << "a sanitizer's malloc keeps what it likes";
  std::vector<std::unique_ptr<char[]>> blocks;
  for (std::size_t i = 0; i < 64 * 1024; ++i) {
    blocks.emplace_back(new char[1024]);
    blocks.back()[0] = 1;
  }
  const std::unique_ptr<char[]> on_top(new char[1024]);  // so that the heap cannot just shrink
  const std::size_t full = resident_bytes();
  blocks.clear();
  give_freed_memory_back();
  EXPECT_LE(resident_bytes(), full - 50 * kMiB);
}

}  // namespace
}  // namespace microframe::guard
