#include "base/log_queue.hpp"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <new>
#include <system_error>
#include <utility>

#include "base/log_text.hpp"

namespace microframe::base {

LogQueue::~LogQueue() {
  std::thread thread;
  {
    const Lock lock(mutex_);
    ending_ = true;
    thread = std::move(thread_);
  }
  changed_.notify_one();
  if (thread.joinable()) thread.join();
}

void LogQueue::push(std::string line) {
  {
    const Lock lock(mutex_);
    start();
    if (!thread_.joinable()) return lose(1);
    try {
      const std::size_t size = line.size();
      lines_.push_back(std::move(line));
      bytes_ += size;
    } catch (const std::bad_alloc&) {
      return lose(1);
    }
    while (lines_.size() > lines_max_ || (bytes_ > kBytesMax && lines_.size() > 1)) {
      bytes_ -= lines_.front().size();
      lines_.pop_front();
      lose(1);
    }
  }
  changed_.notify_one();
}

// The thread takes no signals: they are for threads that know what to do. SIGPIPE is among them, so
// that a reader who has gone is an error of write(), whatever the process does about SIGPIPE.
void LogQueue::start() {
  if (thread_.joinable()) return;
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // the next line tries again
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LogQueue::lose(std::uint64_t lines) {
  lost_.fetch_add(lines, std::memory_order_relaxed);
  untold_ += lines;
}

bool LogQueue::flush(std::chrono::milliseconds limit) {
  mutex_.lock();
  const auto deadline = std::chrono::steady_clock::now() + limit;
  auto in_time = std::cv_status::no_timeout;
  while ((!lines_.empty() || writing_) && in_time == std::cv_status::no_timeout)
    in_time = written_.wait_until(mutex_, deadline);
  const bool done = lines_.empty() && !writing_;
  mutex_.unlock();
  return done;
}

// Allocates nothing.
void LogQueue::run() {
  mutex_.lock();
  while (true) {
    while (lines_.empty() && !ending_) changed_.wait(mutex_);
    if (lines_.empty()) break;
    const std::string line = std::move(lines_.front());
    lines_.pop_front();
    bytes_ -= line.size();
    const std::uint64_t untold = std::exchange(untold_, 0);
    writing_ = true;
    mutex_.unlock();

    const bool told = untold == 0 || write_notice(untold);
    const bool good = told && write(line);

    mutex_.lock();
    writing_ = false;
    if (!told) untold_ += untold;
    if (!good) lose(1);
    if (lines_.empty()) written_.notify_all();
  }
  mutex_.unlock();
}

// Needs no memory.
bool LogQueue::write_notice(std::uint64_t lines) {
  std::array<char, 128> text{};
  std::array<char, 32> time{};
  write_time(time.data(), time.size());
  const char* const form =
      format_ == LogFormat::json
          ? "{\"time\":\"%s\",\"level\":\"warning\",\"event\":\"%llu lines lost\"}\n"
          : "%s warning %llu lines lost\n";
  const int size = std::snprintf(text.data(), text.size(), form, time.data(),
                                 static_cast<unsigned long long>(lines));
  return write({text.data(), static_cast<std::size_t>(size)});
}

bool LogQueue::write(std::string_view text) {
  while (!text.empty()) {
    // Room for PIPE_BUF bytes at least is what POLLOUT says of a pipe: such a write does not block.
    pollfd room{fd_, POLLOUT, 0};
    const int ready = ::poll(&room, 1, ending_ ? 0 : kPollMs);
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) {
      if (ending_) return false;
      continue;
    }
    const ssize_t taken = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (taken < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (taken > 0) text.remove_prefix(static_cast<std::size_t>(taken));
  }
  return true;
}

}  // namespace microframe::base
