// Settings: what a server serves, and within which limits. Set up before it serves, then const;
// shared by all loops.
#pragma once

#include <cstddef>
#include <memory>

#include "guard/limits.hpp"
#include "guard/proxies.hpp"
#include "microframe/compression.hpp"
#include "microframe/limits.hpp"
#include "net/tls_server.hpp"
#include "ws/room_rules.hpp"
#include "ws/routes.hpp"

namespace microframe::ws {

struct Settings {
  // errors: ConfigError for limits or proxies that cannot be.
  Settings(const Limits& with, const Compression& compressed, const TrustedProxies& trusted)
      : limits(guard::resolve(with)), compression(compressed), proxies(trusted) {}

  const Limits limits;  // resolved
  const Compression compression;
  const guard::Proxies proxies;
  // Of a loop: so many requests at a time are read and answered past a limit of connections.
  std::size_t answers_max = 256;
  RoomRules rooms;
  Routes routes;
  // Whether this server stands for others: what their sessions were sent may be sent again here,
  // because what hooks publish is stored where all of them look.
  bool inherits = false;
  std::unique_ptr<net::TlsServer> tls;  // nullptr: plain connections
};

}  // namespace microframe::ws
