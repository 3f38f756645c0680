#include "authx/origin.hpp"

#include <algorithm>
#include <iterator>

#include "base/ascii.hpp"

namespace microframe::authx {
namespace {

using base::equal_without_case;

struct WebScheme {
  std::string_view prefix;
  std::string_view port;
};
constexpr WebScheme kWebSchemes[] = {{"https://", ":443"}, {"http://", ":80"}};

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 6454 §4: an origin leaves out its scheme's own port; a Host that a proxy wrote may name it.
bool is_own_origin(std::string_view origin, std::string_view host, Transport by) {
  const std::span schemes(kWebSchemes, by == Transport::tls ? 1 : std::size(kWebSchemes));
  for (const WebScheme& scheme : schemes) {
    if (!equal_without_case(origin.substr(0, scheme.prefix.size()), scheme.prefix)) continue;
    const std::string_view authority = origin.substr(scheme.prefix.size());
    if (host.ends_with(scheme.port) && !authority.ends_with(scheme.port)) {
      host.remove_suffix(scheme.port.size());
    }
    return !authority.empty() && equal_without_case(authority, host);
  }
  return false;
}

}  // namespace

bool origin_allowed(std::optional<std::string_view> origin, std::string_view host,
                    std::span<const std::string> allowed, Transport by) {
  // RFC 6454 §6.1: "null" stands for every origin without a name; anybody's sandboxed frame is one.
  if (!origin || !is_origin(*origin)) return false;
  if (allowed.empty()) return is_own_origin(*origin, host, by);
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const std::string& one) { return equal_without_case(one, *origin); });
}

bool is_origin(std::string_view text) {
  constexpr std::string_view kSchemeMarks = "+-.";
  constexpr std::string_view kHostMarks = "-._:[]";
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  const auto consists_of = [](std::string_view part, std::string_view marks) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [marks](char c) {
      return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
    });
  };
  return consists_of(text.substr(0, colon), kSchemeMarks) &&
         consists_of(text.substr(colon + 3), kHostMarks);
}

}  // namespace microframe::authx
