// Durations as people write them: "90s", "15m", "12h", "7d".
#pragma once

#include <chrono>
#include <string_view>

namespace microframe::cli {

// errors: ConfigError for anything else, naming the forms.
std::chrono::seconds parse_duration(std::string_view text);

}  // namespace microframe::cli
