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
#include <utility>

#include "base/log_queue.hpp"

namespace microframe::base::log {
namespace {

constexpr std::size_t kValueBytesMax = 256;
constexpr std::uint32_t kLinesPerSecond = 10;
constexpr std::uint32_t kEventLinesPerSecond = 300;
constexpr std::size_t kKindsMax = 256;

constexpr std::chrono::milliseconds kExitTime{1000};

std::atomic<Level> least{Level::info};

std::string_view to_string(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warning";
    case Level::error:
    case Level::off:
      break;
  }
  return "error";
}

// Lives to the end of the process: threads may log while static objects are destroyed.
LogQueue& queue() {
  static LogQueue& instance = [&]() -> LogQueue& {
    std::atexit([] { flush(kExitTime); });
    return *new LogQueue(STDERR_FILENO);
  }();
  return instance;
}

bool is_wanted(Level level) {
  return level != Level::off && level >= least.load(std::memory_order_relaxed);
}

std::string line(Level level, std::string_view event, Fields fields) {
  std::array<char, 32> time{};
  std::string text(time.data(), write_time(time.data(), time.size()));
  text += ' ';
  text += to_string(level);
  text += ' ';
  text += event;
  for (const Field& field : fields) {
    text += ' ';
    text += field.key;
    text += '=';
    text += escaped(field.value);
  }
  return text;
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

void write(Level level, std::string_view event, Fields fields) {
  if (is_wanted(level)) queue().push(line(level, event, fields) + '\n');
}

void limited(Level level, std::string_view event, Fields fields) {
  static Limiter& limiter = *new Limiter;
  if (!is_wanted(level)) return;
  const auto left_out =
      limiter.admit(event, fields.size() != 0 ? fields.begin()->value : std::string_view{});
  if (!left_out) return;
  std::string text = line(level, event, fields);
  if (*left_out != 0) text += " left_out=" + std::to_string(*left_out);
  queue().push(std::move(text) + '\n');
}

bool flush(std::chrono::milliseconds limit) {
  return queue().flush(limit);
}

std::uint64_t lines_lost() {
  return queue().lost();
}

std::string escaped(std::string_view value) {
  static constexpr char kHex[] = "0123456789abcdef";
  const bool cut = value.size() > kValueBytesMax;
  std::string text;
  bool quote = value.empty();
  for (const char c : value.substr(0, kValueBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7E) {
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    } else {
      if (c == '"' || c == '\\') text += '\\';
      quote = quote || c == ' ' || c == '"' || c == '=';
      text += c;
    }
  }
  if (cut) text += "...";
  return quote ? '"' + text + '"' : text;
}

}  // namespace microframe::base::log
