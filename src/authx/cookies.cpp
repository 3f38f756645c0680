#include "authx/cookies.hpp"

#include "base/ascii.hpp"

namespace microframe::authx {
namespace {

using base::trim;

std::optional<std::string_view> find_in(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const std::size_t end = field.find(';');
    const std::string_view pair = field.substr(0, end);
    field.remove_prefix(end == std::string_view::npos ? field.size() : end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
    std::string_view value = trim(pair.substr(equals + 1));
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    return quoted ? value.substr(1, value.size() - 2) : value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> find_cookie(std::span<const std::string_view> fields,
                                            std::string_view name) {
  for (const std::string_view field : fields) {
    if (const auto value = find_in(field, name)) return value;
  }
  return std::nullopt;
}

}  // namespace microframe::authx
