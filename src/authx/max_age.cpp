#include "authx/max_age.hpp"

#include <charconv>

#include "base/ascii.hpp"

namespace microframe::authx {

std::optional<std::chrono::seconds> max_age_of(std::string_view cache_control) {
  constexpr std::string_view kName = "max-age=";
  constexpr std::size_t kDigitsMax = 9;
  // libcurl gives a line with its CRLF.
  while (cache_control.ends_with('\n') || cache_control.ends_with('\r'))
    cache_control.remove_suffix(1);
  while (!cache_control.empty()) {
    const std::size_t comma = cache_control.find(',');
    const std::string_view directive = base::trim(cache_control.substr(0, comma));
    cache_control =
        comma == std::string_view::npos ? std::string_view{} : cache_control.substr(comma + 1);
    if (!base::equal_without_case(directive.substr(0, kName.size()), kName)) continue;
    const std::string_view digits = directive.substr(kName.size());
    unsigned seconds = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    if (!whole || digits.size() > kDigitsMax) return std::nullopt;
    return std::chrono::seconds(seconds);
  }
  return std::nullopt;
}

}  // namespace microframe::authx
