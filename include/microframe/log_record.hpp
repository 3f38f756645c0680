// LogRecord: one line of the log, for a program that takes the log itself (Application::log).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace microframe {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };
// "debug", "info", "warning", "error".
std::string_view to_string(LogLevel level);

// How a line is written: "2026-11-30T05:15:09.123Z info listening address=..", or as a JSON object with
// the members time, level, event and one for each field.
enum class LogFormat : std::uint8_t { text, json };

struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  std::string_view key;    // a word of ours
  std::string_view value;  // whatever bytes a peer has chosen: not escaped, of any length
};

// Valid while the sink is called.
struct LogRecord {
  LogLevel level;
  std::chrono::system_clock::time_point time;
  std::string_view event;  // words of ours: "broker lost"
  std::span<const LogField> fields;
};

// The line, without a line feed. Values are printable ASCII there, of at most 256 bytes: what else they hold
// is escaped, as \xNN or in JSON as \u00NN, or cut.
std::string to_line(const LogRecord& record, LogFormat format = LogFormat::text);

// Called on whatever thread logs, by several at once; it must not wait. What it throws is dropped.
using LogSink = std::function<void(const LogRecord&)>;

}  // namespace microframe
