#include "base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace microframe::base::log {
namespace {

constexpr std::size_t kValueBytesMax = 256;
constexpr std::uint32_t kLinesPerSecond = 10;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("microframe",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

std::string line(std::string_view event, Fields fields) {
  std::string text(event);
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
  std::optional<std::uint64_t> admit(const std::string& kind) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    Window& window = windows_[kind];
    if (now - window.began >= std::chrono::seconds(1)) {
      window.began = now;
      window.lines = 0;
    }
    if (window.lines >= kLinesPerSecond) {
      ++window.left_out;
      return std::nullopt;
    }
    ++window.lines;
    return std::exchange(window.left_out, 0);
  }

 private:
  struct Window {
    std::chrono::steady_clock::time_point began;
    std::uint32_t lines = 0;
    std::uint64_t left_out = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Window> windows_;
};

}  // namespace

void set_level(Level level) {
  logger().set_level(to_spdlog(level));
}

void write(Level level, std::string_view event, Fields fields) {
  if (logger().should_log(to_spdlog(level))) logger().log(to_spdlog(level), line(event, fields));
}

void limited(Level level, std::string_view event, Fields fields) {
  static Limiter limiter;
  if (!logger().should_log(to_spdlog(level))) return;
  std::string kind(event);
  if (fields.size() != 0) kind += fields.begin()->value;
  const auto left_out = limiter.admit(kind);
  if (!left_out) return;
  std::string text = line(event, fields);
  if (*left_out != 0) text += " left_out=" + std::to_string(*left_out);
  logger().log(to_spdlog(level), text);
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
