// Addresses: where to listen or connect, and who a peer is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ip_address.hpp"

struct sockaddr;

namespace microframe::net {

// Where to listen: a host and a port, or the path of a Unix socket.
struct Address {
  std::string host;  // "" is every interface, IPv4 and IPv6
  std::uint16_t port = 0;
  std::string unix_path;

  bool is_unix() const { return !unix_path.empty(); }
};

// Reads "127.0.0.1:8000", "[::1]:8000", "localhost:8000", ":8000" or "unix:/run/app.sock".
// errors: ConfigError, naming the forms.
Address parse_address(std::string_view text);

// As parse_address reads it, with `port` in place of its own.
std::string to_string(const Address& address, std::uint16_t port);

// A peer's IP address and port. 20 bytes, for there is one a connection.
class PeerAddress {
 public:
  PeerAddress() = default;
  // Reads what accept() or getpeername() filled in; any family but IPv4 and IPv6 is "unix".
  explicit PeerAddress(const sockaddr& address);
  // port: 0 where a proxy told the address alone.
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
