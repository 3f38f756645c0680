// The log of the process: one line an event, key=value, on stderr, or to a sink. Any thread. Nobody waits for stderr: a thread of
// the log's own writes (LogQueue), and lines past its bound are lost, counted, and told as "N lines
// lost". At a normal exit of the process what is queued is written, for one second at most.
// Values are untrusted: control characters, ESC and bytes beyond ASCII are escaped here, and only
// here; long ones are cut. No caller hands it a token or a secret.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "microframe/log_record.hpp"

namespace microframe::base::log {

using Level = LogLevel;
using Field = LogField;
using Fields = std::initializer_list<Field>;

// What is below `level` is left out. Default: info.
void set_level(Level level);
// Whether a line of that level is written: for lines that cost something to make.
bool is_wanted(Level level);
// Lines go to stderr, in that form. Default: text.
void set_output(LogFormat format);
// Lines go to `sink` in place of stderr.
void set_output(LogSink sink);

void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields) {
  write(Level::info, event, fields);
}
inline void warn(std::string_view event, Fields fields) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, Fields fields) {
  write(Level::error, event, fields);
}

// For what a peer can cause as often as it likes: at most ten lines a second of each `event` with
// the same first field's value, and 300 of the event; the next line says how many were left
// out.
void limited(Level level, std::string_view event, Fields fields);

// Waits until what was logged before is written, for `limit` at most.
// returns: whether that came about.
bool flush(std::chrono::milliseconds limit);
// Lines lost since the process began.
std::uint64_t lines_lost();

}  // namespace microframe::base::log
