#include "client/token_life.hpp"

#include <algorithm>

#include "base/base64url.hpp"
#include "base/parse_json.hpp"

namespace microframe::client {

std::optional<std::uint64_t> good_for_ms(std::string_view token,
                                         std::chrono::system_clock::time_point now) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto decoded = base::base64url_decode(token.substr(first + 1, second - first - 1));
  std::string why;
  const auto claims = decoded ? base::parse_json(*decoded, why) : std::nullopt;
  const Json* exp =
      claims && claims->is_object() ? claims->get_object().if_contains("exp") : nullptr;
  if (!exp || !exp->is_number()) return std::nullopt;
  // A later date is cut, because its milliseconds might not fit into 64 bits.
  constexpr double kFarthest = 1e12;
  const auto ends =
      std::chrono::duration<double>(std::clamp(exp->to_number<double>(), 0.0, kFarthest));
  const auto left = ends - std::chrono::duration<double>(now.time_since_epoch());
  return static_cast<std::uint64_t>(std::max(0.0, left.count()) * 1000);
}

}  // namespace microframe::client
