#include "authx/origin.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace microframe::authx {
namespace {

using base::equal_without_case;

// What stands behind the scheme: the host, and the port unless it is the scheme's own. "" for what is no web
// origin.
std::string_view authority_of(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equal_without_case(origin.substr(0, scheme.size()), scheme)) return origin.substr(scheme.size());
  }
  return {};
}

}  // namespace

bool origin_allowed(std::optional<std::string_view> origin, std::string_view host,
                    std::span<const std::string> allowed) {
  if (!origin || origin->empty()) return false;
  if (allowed.empty()) return !host.empty() && equal_without_case(authority_of(*origin), host);
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const std::string& one) { return equal_without_case(one, *origin); });
}

}  // namespace microframe::authx
