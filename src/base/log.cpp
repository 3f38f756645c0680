#include "base/log.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/log_queue.hpp"

namespace microframe::base::log {
namespace {

constexpr std::uint32_t kLinesPerSecond = 10;
constexpr std::uint32_t kEventLinesPerSecond = 300;
constexpr std::size_t kKindsMax = 256;

constexpr std::chrono::milliseconds kExitTime{1000};

std::atomic<Level> least{Level::info};
std::atomic<LogFormat> format{LogFormat::text};

// Lives to the end of the process: threads may log while static objects are destroyed.
LogQueue& queue() {
  static LogQueue& instance = [&]() -> LogQueue& {
    std::atexit([] { flush(kExitTime); });
    return *new LogQueue(STDERR_FILENO);
  }();
  return instance;
}

// Where lines go in place of the queue. Lives as long as that.
struct Sink {
  std::mutex mutex;
  std::shared_ptr<const LogSink> taker;  // nullptr: none
};
Sink& sink() {
  static Sink& instance = *new Sink;
  return instance;
}

std::shared_ptr<const LogSink> taker() {
  Sink& all = sink();
  const std::lock_guard lock(all.mutex);
  return all.taker;
}

void put(Level level, std::string_view event, std::span<const Field> fields) {
  const LogRecord record{level, std::chrono::system_clock::now(), event, fields};
  const auto taken_by = taker();
  if (!taken_by) return queue().push(to_line(record, format) + '\n');
  try {
    (*taken_by)(record);
  } catch (...) {  // whoever logs goes on
  }
}

// How many lines of one kind a second may see. Locked: only rejections and the like come here.
class Limiter {
 public:
  // returns: nullopt if the line must be left out, else how many were since the last.
  std::optional<std::uint64_t> admit(std::string_view event, std::string_view value) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    Event& all = events_[std::string(event)];
    // A peer may write the value, and must not choose how much is kept, nor how much is logged.
    if (all.kinds.size() >= kKindsMax && !all.kinds.contains(std::string(value))) {
      std::erase_if(all.kinds, [&](const auto& kind) { return kind.second.is_over(now); });
      if (all.kinds.size() >= kKindsMax) value = {};
    }
    Window& kind = all.kinds[std::string(value)];
    if (!kind.take(now, kLinesPerSecond)) return std::nullopt;
    if (!all.window.take(now, kEventLinesPerSecond)) {
      ++kind.left_out;
      return std::nullopt;
    }
    return std::exchange(kind.left_out, 0);
  }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Window {
    bool is_over(Time now) const { return now - began >= std::chrono::seconds(1); }
    bool take(Time now, std::uint32_t lines_max) {
      if (is_over(now)) {
        began = now;
        lines = 0;
      }
      if (lines < lines_max) return ++lines, true;
      ++left_out;
      return false;
    }

    Time began;
    std::uint32_t lines = 0;
    std::uint64_t left_out = 0;
  };
  struct Event {
    Window window;
    std::map<std::string, Window> kinds;  // by their values
  };
  std::mutex mutex_;
  std::map<std::string, Event> events_;
};

}  // namespace

void set_level(Level level) {
  least = level;
}

bool is_wanted(Level level) {
  return level != Level::off && level >= least.load(std::memory_order_relaxed);
}

void set_output(LogFormat with) {
  format = with;
  queue().set_format(with);
  set_output(LogSink());
}

void set_output(LogSink to) {
  auto taker = to ? std::make_shared<const LogSink>(std::move(to)) : nullptr;
  Sink& all = sink();
  const std::lock_guard lock(all.mutex);
  all.taker.swap(taker);
}

void write(Level level, std::string_view event, Fields fields) {
  if (is_wanted(level)) put(level, event, fields);
}

void limited(Level level, std::string_view event, Fields fields) {
  static Limiter& limiter = *new Limiter;
  if (!is_wanted(level)) return;
  const auto left_out =
      limiter.admit(event, fields.size() != 0 ? fields.begin()->value : std::string_view{});
  if (!left_out) return;
  if (*left_out == 0) return put(level, event, fields);
  const std::string count = std::to_string(*left_out);
  std::vector<Field> all(fields);
  all.emplace_back("left_out", count);
  put(level, event, all);
}

bool flush(std::chrono::milliseconds limit) {
  return queue().flush(limit);
}

std::uint64_t lines_lost() {
  return queue().lost();
}

}  // namespace microframe::base::log
