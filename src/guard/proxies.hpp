// Proxies: who the client of a connection is, where trusted proxies stand before the server.
// Immutable; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "microframe/proxies.hpp"
#include "net/address.hpp"
#include "net/networks.hpp"

namespace microframe::guard {

class Proxies {
 public:
  // errors: ConfigError for text that is no network, for a network that is nearly everybody, such as
  //         0.0.0.0/0, or for a PROXY header that nobody could send.
  explicit Proxies(const TrustedProxies& trusted);

  bool trusts(const net::PeerAddress& peer) const { return networks_.contains(peer); }
  // Whether each connection begins with a PROXY header.
  bool expects_header() const { return header_; }
  // Whether `peer` is a proxy whose X-Forwarded-For tells its client.
  bool forwards(const net::PeerAddress& peer) const { return forwarded_for_ && trusts(peer); }

  // The client of a request that came from `peer` with these X-Forwarded-For fields, in their
  // order. Each proxy appends the address of whoever asked it. Read from the right, the first
  // address that is not a trusted proxy's is the client's; everything to its left is whatever
  // that client wrote. Text that is no address ends the list.
  net::PeerAddress client(const std::vector<std::string_view>& forwarded_for,
                          net::PeerAddress peer) const;

 private:
  net::Networks networks_;
  bool header_ = false;
  bool forwarded_for_ = false;
};

}  // namespace microframe::guard
