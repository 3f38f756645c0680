// TrustedProxies: whose word about a client's address is taken, and in what form it comes.
// A value; the names are read when the application starts.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace microframe {

// How a proxy tells who its client is.
enum class ProxyForm : unsigned char {
  // The request's X-Forwarded-For, read from the right: the last address that is no trusted proxy's
  // is the
  // client. A field from anybody else changes nothing.
  x_forwarded_for,
  // A header of the PROXY protocol, version 1 or 2, ahead of each connection. It must be there, and
  // only the
  // proxies may connect; X-Forwarded-For is not read.
  proxy_protocol,
  // The PROXY header must be there; where the address that it tells is a trusted proxy's too,
  // X-Forwarded-For
  // is read as well.
  both,
};

class TrustedProxies {
 public:
  // Nobody: each connection's own address is its client's.
  TrustedProxies() = default;
  // networks: each an address ("192.0.2.1", "::1"), a network ("10.0.0.0/8"), or "unix" for who
  // connects to a Unix socket. Only what you run yourself belongs here: whoever is trusted can name
  // any address.
  explicit TrustedProxies(std::vector<std::string> networks,
                          ProxyForm form = ProxyForm::x_forwarded_for)
      : networks_(std::move(networks)), form_(form) {}

  const std::vector<std::string>& networks() const { return networks_; }
  ProxyForm form() const { return form_; }

 private:
  std::vector<std::string> networks_;
  ProxyForm form_ = ProxyForm::x_forwarded_for;
};

}  // namespace microframe
