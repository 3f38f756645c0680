#include "client/url.hpp"

#include <algorithm>
#include <cstdint>

#include "base/ascii.hpp"
#include "microframe/config_error.hpp"

namespace microframe::client {

Url parse_url(std::string_view text) {
  const auto bad = [&](const std::string& why) {
    return ConfigError("\"" + std::string(text) + "\" is no WebSocket URL (" + why +
                       "): write ws://host:port/path, or wss:// for TLS");
  };
  constexpr std::string_view kPlain = "ws://";
  constexpr std::string_view kSecure = "wss://";
  const bool secure = base::equal_without_case(text.substr(0, kSecure.size()), kSecure);
  const std::string_view scheme = secure ? kSecure : kPlain;
  if (!base::equal_without_case(text.substr(0, scheme.size()), scheme))
    throw bad("its scheme is not ws or wss");
  std::string_view rest = text.substr(scheme.size());
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '#';
  };
  if (std::any_of(rest.begin(), rest.end(), is_bad)) throw bad("a space or a fragment");
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  rest.remove_prefix(authority.size());
  if (authority.empty() || authority.find('@') != std::string_view::npos) throw bad("its host");

  Url url;
  url.secure = secure;
  const std::uint16_t own_port = secure ? 443 : 80;
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  url.address = net::parse_address(
      has_port ? std::string(authority) : std::string(authority) + ":" + std::to_string(own_port));
  if (url.address.host.empty()) throw bad("its host");
  url.host = url.address.port == own_port && has_port ? std::string(authority.substr(0, colon))
                                                      : std::string(authority);
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return url;
}

}  // namespace microframe::client
