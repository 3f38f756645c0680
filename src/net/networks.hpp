// Networks: a list of IP networks, and whether a peer is in one of them. Immutable; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"

namespace microframe::net {

class PeerAddress;

class Networks {
 public:
  Networks() = default;  // none
  // Each is an address, "192.0.2.1" or "::1"; a network, "10.0.0.0/8"; or "unix": every peer of a
  // Unix socket.
  // errors: ConfigError that says what to write instead.
  explicit Networks(const std::vector<std::string>& list);

  bool empty() const { return networks_.empty() && !unix_; }
  // The length of the prefix of the widest network; 128 if no IP network is listed.
  unsigned least_bits() const;
  bool contains(const base::IpAddress& address) const;
  bool contains(const PeerAddress& peer) const;

 private:
  struct Network {
    base::IpAddress address;
    unsigned bits;
  };
  static Network parse(std::string_view text);

  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace microframe::net
