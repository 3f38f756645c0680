#include "microframe/log_record.hpp"

#include <array>

#include "base/log_text.hpp"

namespace microframe {
namespace {

using base::json_string;

std::string time_text(std::chrono::system_clock::time_point time) {
  std::array<char, 32> text{};
  return {text.data(), base::write_time(text.data(), text.size(), time)};
}

std::string to_json(const LogRecord& record) {
  std::string text = "{\"time\":" + json_string(time_text(record.time)) +
                     ",\"level\":" + json_string(to_string(record.level)) +
                     ",\"event\":" + json_string(record.event);
  for (const LogField& field : record.fields)
    text += ',' + json_string(field.key) + ':' + json_string(field.value);
  return text += '}';
}

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      break;
  }
  return "off";
}

std::string to_line(const LogRecord& record, LogFormat format) {
  if (format == LogFormat::json) return to_json(record);
  std::string text = time_text(record.time);
  text += ' ';
  text += to_string(record.level);
  text += ' ';
  text += record.event;
  for (const LogField& field : record.fields) {
    text += ' ';
    text += field.key;
    text += '=';
    text += base::escaped(field.value);
  }
  return text;
}

}  // namespace microframe
