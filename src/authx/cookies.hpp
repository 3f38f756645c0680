// Cookies of a request. RFC 6265 §4.2, §5.4.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace microframe::authx {

// The value of the first cookie of that name (case matters) in the values of the Cookie fields,
// without quotes around it; nullopt if there is no such cookie. A pair without '=' is skipped.
std::optional<std::string_view> find_cookie(std::span<const std::string_view> fields,
                                            std::string_view name);

}  // namespace microframe::authx
