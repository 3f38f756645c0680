// LogQueue: lines on their way to a descriptor, written by a thread of the queue's own. Whoever
// logs never waits for the descriptor: past the bound the oldest lines are lost, and the next line
// that is written says how many. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <thread>

#include "base/mutex.hpp"
#include "microframe/log_record.hpp"

namespace microframe::base {

class LogQueue {
 public:
  static constexpr std::size_t kLinesMax = 8192;
  static constexpr std::size_t kBytesMax = 2 * 1024 * 1024;

  // fd: stays the caller's, and may be blocking, closed, or a pipe that nobody reads.
  explicit LogQueue(int fd, std::size_t lines_max = kLinesMax) : fd_(fd), lines_max_(lines_max) {}
  // Waits for the thread, but not for the descriptor: what it has not taken is lost.
  ~LogQueue();
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  // How the lines look, and so that which tells of lost ones. Default: text.
  void set_format(LogFormat format) { format_ = format; }
  // Queues a line, which ends with a line feed. Without memory or a thread the line is lost.
  void push(std::string line);
  // Waits until every line has been written or lost, for `limit` at most.
  // returns: whether that came about.
  bool flush(std::chrono::milliseconds limit);
  // Lines that were never written.
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  // A descriptor that takes nothing is asked again so often, and then the queue may end.
  static constexpr int kPollMs = 100;

  void start() MICROFRAME_REQUIRES(mutex_);
  void run();
  void lose(std::uint64_t lines) MICROFRAME_REQUIRES(mutex_);
  bool write_notice(std::uint64_t lines);
  // Waits for the descriptor, and writes.
  // returns: false if it is closed or broken, or the queue ends before the text is written.
  bool write(std::string_view text);

  const int fd_;
  std::atomic<LogFormat> format_{LogFormat::text};
  const std::size_t lines_max_;
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> ending_{false};

  Mutex mutex_;
  std::condition_variable_any changed_;  // there is a line to write, or the queue ends
  std::condition_variable_any written_;  // nothing is left to write
  std::deque<std::string> lines_ MICROFRAME_GUARDED_BY(mutex_);
  std::size_t bytes_ MICROFRAME_GUARDED_BY(mutex_) = 0;
  std::uint64_t untold_ MICROFRAME_GUARDED_BY(mutex_) = 0;  // lost, and not said so yet
  bool writing_ MICROFRAME_GUARDED_BY(mutex_) = false;
  std::thread thread_ MICROFRAME_GUARDED_BY(mutex_);
};

}  // namespace microframe::base
