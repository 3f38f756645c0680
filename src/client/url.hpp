// WebSocket URLs. RFC 6455 §3.
#pragma once

#include <string>
#include <string_view>

#include "net/address.hpp"

namespace microframe::client {

struct Url {
  net::Address address;
  bool secure = false;  // wss: TLS
  std::string host;     // for the Host field: with the port, unless the port is the scheme's own
  std::string target;   // path and query; "/" at least
};

// Reads "ws://host[:port][/path][?query]", or "wss://..". Without a port: 80 for ws, 443 for wss.
// errors: ConfigError, which names the form, also for a URL with a fragment (§3).
Url parse_url(std::string_view text);

}  // namespace microframe::client
