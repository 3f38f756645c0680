// WebSocket URLs. RFC 6455 §3.
#pragma once

#include <string>
#include <string_view>

#include "net/address.hpp"

namespace microframe::ws {

struct Url {
  net::Address address;
  std::string host;    // for the Host field: with the port unless it is 80
  std::string target;  // path and query; "/" at least
};

// Reads "ws://host[:port][/path][?query]".
// errors: ConfigError, naming the form; a fragment is none of it (§3).
Url parse_url(std::string_view text);

}  // namespace microframe::ws
