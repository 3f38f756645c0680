// The memory of this process, as the kernel counts it.

#include "guard/memory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
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

// --- cgroups ---

struct Cgroups {
  const char* name;
  std::string file;                                         // /proc/self/cgroup
  std::vector<std::pair<std::string, std::string>> limits;  // files below /sys/fs/cgroup
  std::size_t bytes;
};

const Cgroups kCgroups[] = {
    {"none", "0::/\n", {}, 0},
    {"version 2", "0::/app\n", {{"app/memory.max", "1000\n"}}, 1000},
    {"version 2, unlimited", "0::/app\n", {{"app/memory.max", "max\n"}}, 0},
    {"version 2, the least of all above",
     "0::/a/b\n",
     {{"a/b/memory.max", "3000\n"}, {"a/memory.max", "2000\n"}},
     2000},
    {"A9 version 1",
     "5:cpu,cpuacct:/app\n4:memory:/app\n0::/\n",
     {{"memory/app/memory.limit_in_bytes", "1000\n"}},
     1000},
    {"A9 version 1, with other controllers",
     "4:cpu,memory:/app\n",
     {{"memory/app/memory.limit_in_bytes", "1000\n"}},
     1000},
    {"A9 version 1 in a container, which sees itself at the top",
     "4:memory:/docker/0123\n",
     {{"memory/memory.limit_in_bytes", "1000\n"}},
     1000},
    {"A9 version 1, the least of all above",
     "4:memory:/a/b\n",
     {{"memory/a/b/memory.limit_in_bytes", "3000\n"}, {"memory/a/memory.limit_in_bytes", "2000\n"}},
     2000},
    {"A9 version 1, unlimited",
     "4:memory:/app\n",
     {{"memory/app/memory.limit_in_bytes", "9223372036854771712\n"}},
     0},
    {"A9 version 1, another controller",
     "4:memory_not:/app\n",
     {{"memory/app/memory.limit_in_bytes", "1000\n"}},
     0},
    {"A9 both versions, the limit is the second's",
     "4:cpu:/app\n0::/app\n",
     {{"unified/app/memory.max", "1000\n"}},
     1000},
    {"A9 nonsense", "memory\n:\n::\n", {}, 0},
};

TEST(Memory, A9_TheLeastLimitOfACgroupOfEitherVersionHolds) {
  namespace fs = std::filesystem;
  const fs::path folder = testing::TempDir() + "microframe-cgroups-" + std::to_string(::getpid());
  for (const Cgroups& c : kCgroups) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    std::ofstream(folder / "cgroup") << c.file;
    for (const auto& [path, text] : c.limits) {
      fs::create_directories((folder / "mounted" / path).parent_path());
      std::ofstream(folder / "mounted" / path) << text;
    }
    EXPECT_EQ(cgroup_bytes_max(folder / "cgroup", folder / "mounted"), c.bytes) << c.name;
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace microframe::guard
