// Addresses: where to listen or connect, and who a peer is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.hpp"

struct sockaddr;

namespace microframe::net {

// Where to listen: a host and a port, a Unix socket, or sockets that systemd has opened.
struct Address {
  std::string host;  // "" is every interface, IPv4 and IPv6
  std::uint16_t port = 0;
  // A path; or '@' and a name, for a socket of Linux's abstract namespace, which has no file.
  std::string unix_path;
  std::optional<unsigned> unix_mode;  // permissions of the socket's file; nullopt: by the umask
  bool systemd = false;

  bool is_unix() const { return !unix_path.empty(); }
  bool is_abstract() const { return unix_path.starts_with('@'); }
};

// Reads "127.0.0.1:8000", "[::1]:8000", "localhost:8000", ":8000", "unix:/run/app.sock",
// "unix:/run/app.sock?mode=0660", "unix:@name" or "systemd".
// errors: ConfigError that names the forms.
Address parse_address(std::string_view text);

// The text that parse_address reads, with `port` in place of the address's own.
std::string to_string(const Address& address, std::uint16_t port);

// A peer's IP address and port. 20 bytes, because every connection has one.
class PeerAddress {
 public:
  PeerAddress() = default;
  // Reads what accept() or getpeername() filled in; any family but IPv4 and IPv6 is "unix".
  explicit PeerAddress(const sockaddr& address);
  // port: 0 if a proxy told only the address.
  PeerAddress(const base::IpAddress& ip, std::uint16_t port) : ip_(ip), port_(port) {}

  bool is_unix() const { return ip_.family() == base::IpAddress::Family::none; }
  const base::IpAddress& ip() const { return ip_; }
  // "127.0.0.1", "::1" or "unix". An IPv4 address mapped into IPv6 is told as IPv4.
  std::string host() const;

 private:
  friend std::string to_string(const PeerAddress& peer);

  base::IpAddress ip_;
  std::uint16_t port_ = 0;
};

// "127.0.0.1:50000", "[::1]:50000", the address alone if the port is not known, or "unix".
std::string to_string(const PeerAddress& peer);

}  // namespace microframe::net
