// WebSocket URLs. RFC 6455 §3.
#pragma once

#include <string>
#include <string_view>

#include "net/address.hpp"

namespace microframe::client {

struct Url {
  net::Address address;
  bool secure = false;  // wss: TLS
  std::string host;     // for the Host field: with the port unless it is the scheme's own
  std::string target;   // path and query; "/" at least
};

// Reads "ws://host[:port][/path][?query]", or "wss://..". The port is 80, or 443, unless it is
// given. errors: ConfigError, naming the form; a fragment is none of it (§3).
Url parse_url(std::string_view text);

}  // namespace microframe::client
