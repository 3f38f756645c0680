// How long an HTTP answer says it stays fresh. RFC 9111 §5.2.2.1.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace microframe::authx {

// The max-age in the value of a Cache-Control field; nullopt if there is none, or it is no number
// of at most nine digits.
std::optional<std::chrono::seconds> max_age_of(std::string_view cache_control);

}  // namespace microframe::authx
