#include "cli/duration.hpp"

#include <charconv>
#include <cstdint>
#include <string>

#include "microframe/config_error.hpp"

namespace microframe::cli {

std::chrono::seconds parse_duration(std::string_view text) {
  constexpr std::uint32_t kMax = 100'000;  // with days that is 273 years: no overflow
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && count > 0 && count <= kMax) {
    if (unit == "s") return std::chrono::seconds(count);
    if (unit == "m") return std::chrono::minutes(count);
    if (unit == "h") return std::chrono::hours(count);
    if (unit == "d") return std::chrono::days(count);
  }
  throw ConfigError("\"" + std::string(text) + "\" is no duration: write 90s, 15m, 12h or 7d");
}

}  // namespace microframe::cli
