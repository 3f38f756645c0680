// TrustedProxies: which proxies are believed about the addresses of their clients, and in what
// form they tell them. A value; the names are read when the application starts.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace microframe {

// How a proxy tells the address of its client.
enum class ProxyForm : unsigned char {
  // The request's X-Forwarded-For, read from the right: the last address that is not a trusted
  // proxy's is the client's. A field from any other peer changes nothing.
  x_forwarded_for,
  // A header of the PROXY protocol, version 1 or 2, at the beginning of each connection. The
  // header is required, and only the proxies may connect. X-Forwarded-For is not read.
  proxy_protocol,
  // The PROXY header is required. If the address in it is a trusted proxy's too, X-Forwarded-For
  // is read as well.
  both,
};

class TrustedProxies {
 public:
  // No proxy: the address of a connection is its client's.
  TrustedProxies() = default;
  // networks: each is an address ("192.0.2.1", "::1"), a network ("10.0.0.0/8"), or "unix" for
  //           peers of a Unix socket. List only proxies that you run yourself: a trusted peer can
  //           claim any address.
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
