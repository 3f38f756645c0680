// The parts of a log's line: its time, and values that a peer may have chosen.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace microframe::base {

// Writes a time as a line of the log begins: "2026-11-30T05:15:09.123Z", with a zero behind it.
// size:    32 at least.
// returns: how many bytes it has written.
std::size_t write_time(
    char* into, std::size_t size,
    std::chrono::system_clock::time_point time = std::chrono::system_clock::now());

// `value` as it stands in a line: printable ASCII, at most 256 bytes, quoted if it holds a space,
// '"' or '='.
std::string escaped(std::string_view value);
// The same as a string of JSON: bytes that are not printable ASCII are \u00NN.
std::string json_string(std::string_view value);

}  // namespace microframe::base
