#include "target.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstdint>
#include <cstring>

#include "broken.hpp"

namespace bench {
namespace {

constexpr std::string_view kScheme = "ws://";

// returns: 0 for text that is not a port.
std::uint16_t parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() ? port : std::uint16_t{0};
}

bool set_loopback_v4(const std::string& host, std::uint16_t port, Target& target) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return false;
  if (ntohl(address.sin_addr.s_addr) >> 24 != 127) return false;
  std::memcpy(&target.address, &address, sizeof address);
  target.address_bytes = sizeof address;
  return true;
}

bool set_loopback_v6(std::string_view host, std::uint16_t port, Target& target) {
  if (host != "[::1]") return false;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  std::memcpy(&target.address, &address, sizeof address);
  target.address_bytes = sizeof address;
  return true;
}

}  // namespace

Target parse_target(std::string_view url) {
  const Broken refusal("load goes to ws://127.x.y.z:PORT/PATH or ws://[::1]:PORT/PATH, not to " +
                       std::string(url));
  if (!url.starts_with(kScheme)) throw refusal;
  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) throw refusal;
  const std::string_view authority = rest.substr(0, slash);
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) throw refusal;
  const std::string_view host = authority.substr(0, colon);
  const std::uint16_t port = parse_port(authority.substr(colon + 1));
  Target target;
  target.authority = authority;
  target.path = rest.substr(slash);
  const bool local =
      set_loopback_v4(std::string(host), port, target) || set_loopback_v6(host, port, target);
  if (port == 0 || !local) throw refusal;
  return target;
}

}  // namespace bench
