// The log: one line an event, key=value, on stderr. Any thread. Nobody waits for stderr: a thread of
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

namespace microframe::base::log {

enum class Level : std::uint8_t { debug, info, warn, error, off };

struct Field {
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  std::string_view key;
  std::string_view value;
};
using Fields = std::initializer_list<Field>;

// What is below `level` is left out. Default: info.
void set_level(Level level);

void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields) {
  write(Level::info, event, fields);
}
inline void warn(std::string_view event, Fields fields) {
  write(Level::warn, event, fields);
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

// `value` as it stands in a line: printable ASCII, at most 256 bytes, quoted if it holds a space,
// '"' or '='.
std::string escaped(std::string_view value);

}  // namespace microframe::base::log
