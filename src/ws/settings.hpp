// Settings: what a server serves, and within which limits. Set up before it serves, then const;
// shared by all loops.
#pragma once

#include <cstddef>
#include <memory>

#include "guard/proxies.hpp"
#include "microframe/compression.hpp"
#include "microframe/limits.hpp"
#include "net/tls_server.hpp"
#include "ws/room_rules.hpp"
#include "ws/routes.hpp"

namespace microframe::ws {

struct Settings {
  // errors: ConfigError for proxies that cannot be.
  Settings(const Limits& with, const Compression& compressed, const TrustedProxies& trusted);

  const Limits limits;
  const Compression compression;
  const std::size_t memory_bytes_max;   // resident; the limit's, or the cgroup's; 0: none
  const std::size_t history_bytes_max;  // of all rooms
  const guard::Proxies proxies;
  // Of a loop: so many requests at a time are read and answered past a limit of connections.
  std::size_t answers_max = 256;
  RoomRules rooms;
  Routes routes;
  std::unique_ptr<net::TlsServer> tls;  // nullptr: plain connections
};

}  // namespace microframe::ws
