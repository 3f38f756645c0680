// The log's queue: nobody waits for a descriptor that takes nothing, and what is lost is told.

#include "base/log_queue.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace microframe::base {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kFew = 100;

class LogQueueTest : public testing::Test {
 protected:
  LogQueueTest() { EXPECT_EQ(::pipe2(pipe_, O_CLOEXEC), 0); }
  ~LogQueueTest() override {
    close_reader();
    ::close(pipe_[1]);
  }
  void close_reader() {
    if (pipe_[0] >= 0) ::close(pipe_[0]);
    pipe_[0] = -1;
  }
  void fill() const {
    ::fcntl(pipe_[1], F_SETFL, O_NONBLOCK);
    while (::write(pipe_[1], "x", 1) == 1) {
    }
    ::fcntl(pipe_[1], F_SETFL, 0);
  }
  // What has been written, until nothing more comes for a while.
  std::string read_all() const {
    std::string all;
    pollfd wait{pipe_[0], POLLIN, 0};
    while (::poll(&wait, 1, 300) > 0) {
      char bytes[4096];
      const ssize_t size = ::read(pipe_[0], bytes, sizeof bytes);
      if (size <= 0) break;
      all.append(bytes, static_cast<std::size_t>(size));
    }
    return all;
  }

  // The sum of what the lines "N lines lost" say.
  static std::uint64_t told_lost(const std::string& text) {
    constexpr std::string_view kBefore = " warning ";
    std::uint64_t sum = 0;
    for (std::size_t at = 0; (at = text.find(kBefore, at)) != std::string::npos;) {
      at += kBefore.size();
      std::size_t size = 0;
      const std::uint64_t count = std::stoull(text.substr(at, 20), &size);
      if (text.substr(at + size).starts_with(" lines lost\n")) sum += count;
    }
    return sum;
  }

  int pipe_[2] = {-1, -1};
};

TEST_F(LogQueueTest, B12_LinesAreWrittenInTheirOrder) {
  LogQueue queue(pipe_[1], kFew);
  queue.push("one\n");
  queue.push("two\n");
  EXPECT_TRUE(queue.flush(10s));
  EXPECT_EQ(read_all(), "one\ntwo\n");
  EXPECT_EQ(queue.lost(), 0U);
}

TEST_F(LogQueueTest, B12_NobodyWaitsForAPipeThatNobodyReadsAndLostLinesAreTold) {
  fill();
  LogQueue queue(pipe_[1], kFew);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 2000; ++i)
    queue.push("line " + std::to_string(i) + std::string(80, '.') + "\n");
  EXPECT_FALSE(queue.flush(50ms));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  const std::uint64_t lost = queue.lost();
  EXPECT_GT(lost, 1000U);
  const std::string text = read_all();
  EXPECT_TRUE(queue.flush(10s));
  EXPECT_EQ(told_lost(text), lost);
  EXPECT_NE(text.find("line 1999."), std::string::npos) << "the newest lines are kept";
  EXPECT_EQ(queue.lost(), lost);
}

TEST_F(LogQueueTest, B12_AReaderThatHasGoneIsNoSignalAndEachLineCounts) {
  LogQueue queue(pipe_[1], kFew);
  close_reader();
  for (int i = 0; i < 10; ++i) queue.push("a line\n");
  EXPECT_TRUE(queue.flush(10s));
  EXPECT_EQ(queue.lost(), 10U);
}

TEST_F(LogQueueTest, B12_ADescriptorThatIsClosedLosesItsLines) {
  LogQueue queue(-1, kFew);
  queue.push("a line\n");
  queue.flush(300ms);
  EXPECT_LE(queue.lost(), 1U);
}

TEST_F(LogQueueTest, B12_TheEndDoesNotWaitForAReader) {
  const auto begun = std::chrono::steady_clock::now();
  {
    LogQueue queue(pipe_[1], kFew);
    for (int i = 0; i < 100; ++i) queue.push(std::string(4000, '.') + "\n");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

}  // namespace
}  // namespace microframe::base
