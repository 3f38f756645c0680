#include "net/address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <charconv>
#include <span>

#include "microframe/config_error.hpp"

namespace microframe::net {
namespace {

ConfigError bad_address(std::string_view text) {
  return ConfigError("\"" + std::string(text) +
                     "\" is no address: write 127.0.0.1:8000, [::1]:8000, :8000 (every interface), "
                     "unix:/run/app.sock, unix:/run/app.sock?mode=0660, unix:@name or systemd");
}

std::string with_port(const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

// Permissions in octal, as chmod takes them: "660" or "0660".
std::optional<unsigned> parse_mode(std::string_view text) {
  constexpr unsigned kAll = 0777;
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc{} || end != text.data() + text.size() || mode > kAll) return std::nullopt;
  return mode;
}

Address parse_unix(std::string_view text) {
  constexpr std::string_view kMode = "?mode=";
  Address address;
  std::string_view path = text.substr(text.find(':') + 1);
  if (const std::size_t mark = path.find(kMode); mark != std::string_view::npos) {
    address.unix_mode = parse_mode(path.substr(mark + kMode.size()));
    path = path.substr(0, mark);
    if (!address.unix_mode || path.starts_with('@')) throw bad_address(text);
  }
  if (path.empty() || path == "@" || path.size() >= sizeof(sockaddr_un::sun_path))
    throw bad_address(text);
  address.unix_path = path;
  return address;
}

}  // namespace

Address parse_address(std::string_view text) {
  Address address;
  if (text.starts_with("unix:")) return parse_unix(text);
  if (text == "systemd") {
    address.systemd = true;
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
  if (address.systemd) return "systemd";
  return address.is_unix() ? "unix:" + address.unix_path : with_port(address.host, port);
}

PeerAddress::PeerAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ip_ = base::IpAddress(std::as_bytes(std::span(&v4.sin_addr, 1)));
    port_ = ntohs(v4.sin_port);
  } else if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ip_ = base::IpAddress(std::as_bytes(std::span(&v6.sin6_addr, 1)));
    port_ = ntohs(v6.sin6_port);
  }
}

std::string PeerAddress::host() const {
  return is_unix() ? "unix" : to_string(ip_);
}

std::string to_string(const PeerAddress& peer) {
  return peer.port_ == 0 ? peer.host() : with_port(peer.host(), peer.port_);
}

}  // namespace microframe::net
