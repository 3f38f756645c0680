#include "base/log_text.hpp"

#include <cstdio>
#include <ctime>

namespace microframe::base {
namespace {

constexpr std::size_t kValueBytesMax = 256;

// byte_sign: what stands before the two digits of a byte that is not printable ASCII.
std::string escaped_body(std::string_view value, std::string_view byte_sign) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : value.substr(0, kValueBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7E) {
      text += byte_sign;
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  return value.size() > kValueBytesMax ? text + "..." : text;
}

}  // namespace

std::size_t write_time(char* into, std::size_t size, std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch();
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since).count();
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  const std::size_t written = std::strftime(into, size, "%Y-%m-%dT%H:%M:%S", &utc);
  const int more = std::snprintf(into + written, size - written, ".%03dZ",
                                 static_cast<int>(since.count() % 1000));
  return written + static_cast<std::size_t>(more);
}

std::string escaped(std::string_view value) {
  const bool quote = value.empty() || value.find_first_of(" \"=") != std::string_view::npos;
  const std::string text = escaped_body(value, "\\x");
  return quote ? '"' + text + '"' : text;
}

std::string json_string(std::string_view value) {
  return '"' + escaped_body(value, "\\u00") + '"';
}

}  // namespace microframe::base
