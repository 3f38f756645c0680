#include "guard/proxies.hpp"

#include <charconv>
#include <optional>
#include <string>

#include "base/ascii.hpp"
#include "microframe/config_error.hpp"

namespace microframe::guard {
namespace {

using base::IpAddress;
using net::PeerAddress;

// fc00::/7 is the widest network that anybody has for themselves (RFC 4193).
constexpr unsigned kNetworkBitsMin = 7;

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// Reads what proxies write: "192.0.2.1", "192.0.2.1:50000", "2001:db8::1", "[2001:db8::1]" or
// "[2001:db8::1]:50000".
std::optional<PeerAddress> parse_element(std::string_view text) {
  std::string_view host = text;
  std::string_view port = "0";
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
    const std::string_view behind = text.substr(end + 1);
    if (!behind.empty() && behind.front() != ':') return std::nullopt;
    if (!behind.empty()) port = behind.substr(1);
  } else if (const std::size_t colon = text.find(':');
             colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto address = IpAddress::parse(host);
  const auto number = parse_port(port);
  if (!address || !number) return std::nullopt;
  return PeerAddress(*address, *number);
}

}  // namespace

Proxies::Proxies(const TrustedProxies& trusted)
    : networks_(trusted.networks()),
      header_(trusted.form() != ProxyForm::x_forwarded_for),
      forwarded_for_(trusted.form() != ProxyForm::proxy_protocol) {
  for (const std::string& network : trusted.networks()) {
    if (net::Networks({network}).least_bits() >= kNetworkBitsMin) continue;
    throw ConfigError(
        "to trust \"" + network +
        "\" as a proxy is to believe nearly everybody, whoever they claim to be: list "
        "the proxies' own addresses, such as 10.0.0.5 or 10.0.0.0/8");
  }
  if (header_ && networks_.empty()) {
    throw ConfigError(
        "the PROXY protocol is asked for and no proxy is trusted, so nobody could connect: name "
        "the proxy's "
        "address or network (--trusted-proxy 10.0.0.0/8)");
  }
}

PeerAddress Proxies::client(const std::vector<std::string_view>& forwarded_for,
                            PeerAddress peer) const {
  for (auto field = forwarded_for.rbegin(); field != forwarded_for.rend(); ++field) {
    std::string_view list = *field;
    while (true) {
      const std::size_t comma = list.rfind(',');
      const bool first = comma == std::string_view::npos;
      const auto told = parse_element(base::trim(first ? list : list.substr(comma + 1)));
      if (!told) return peer;
      peer = *told;
      if (!trusts(peer)) return peer;
      if (first) break;
      list = list.substr(0, comma);
    }
  }
  return peer;
}

}  // namespace microframe::guard
