#include "net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>

#include "microframe/config_error.hpp"

namespace microframe::net {
namespace {

ConfigError bad_address(std::string_view text) {
  return ConfigError(
      "\"" + std::string(text) +
      "\" is no address: write 127.0.0.1:8000, [::1]:8000, :8000 (every interface) or unix:/run/app.sock");
}

std::string with_port(const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

Address parse_address(std::string_view text) {
  Address address;
  if (text.starts_with("unix:")) {
    address.unix_path = text.substr(5);
    if (address.unix_path.empty() || address.unix_path.size() >= sizeof(sockaddr_un::sun_path))
      throw bad_address(text);
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) throw bad_address(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    throw bad_address(text);
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size()) throw bad_address(text);
  address.host = host == "*" ? std::string_view{} : host;
  return address;
}

std::string to_string(const Address& address, std::uint16_t port) {
  return address.is_unix() ? "unix:" + address.unix_path : with_port(address.host, port);
}

PeerAddress::PeerAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), 4, bytes_.begin());
    port_ = ntohs(v4.sin_port);
    family_ = Family::ipv4;
  } else if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr);
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
    std::copy_n(bytes + (mapped ? 12 : 0), mapped ? 4 : 16, bytes_.begin());
    port_ = ntohs(v6.sin6_port);
    family_ = mapped ? Family::ipv4 : Family::ipv6;
  }
}

std::string PeerAddress::host() const {
  if (family_ == Family::local) return "unix";
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family_ == Family::ipv4 ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text);
}

std::string to_string(const PeerAddress& peer) {
  return peer.family_ == PeerAddress::Family::local ? "unix" : with_port(peer.host(), peer.port_);
}

}  // namespace microframe::net
