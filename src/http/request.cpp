#include "microframe/http/request.hpp"

#include <algorithm>
#include <stdexcept>

#include "authx/cookies.hpp"
#include "authx/query.hpp"
#include "base/ascii.hpp"
#include "base/parse_json.hpp"

namespace microframe {

const std::string& HttpRequest::parameter(std::string_view name) const {
  const auto found = std::find_if(parts_.parameters.begin(), parts_.parameters.end(),
                                  [&](const auto& one) { return one.first == name; });
  if (found == parts_.parameters.end())
    throw std::out_of_range("microframe: the route has no parameter {" + std::string(name) + "}");
  return found->second;
}

std::optional<std::string> HttpRequest::query(std::string_view name) const {
  return authx::find_parameter(parts_.query, name);
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const detail::HttpField& field : parts_.fields) {
    if (base::equal_without_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> HttpRequest::cookie(std::string_view name) const {
  for (const detail::HttpField& field : parts_.fields) {
    if (!base::equal_without_case(field.name, "cookie")) continue;
    if (const auto found = authx::find_cookie({&field.value, 1}, name)) return found;
  }
  return std::nullopt;
}

Json HttpRequest::json() const {
  std::string why;
  auto parsed = base::parse_json(parts_.body, why);
  if (!parsed) throw BadMessage(why);
  return std::move(*parsed);
}

}  // namespace microframe
