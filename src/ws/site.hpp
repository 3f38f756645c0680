// Site: one server, but for its loops: what it serves, what it knows, what it counts.
#pragma once

#include "ws/counts.hpp"
#include "ws/registries.hpp"
#include "ws/settings.hpp"

namespace microframe::ws {

struct Site {
  // errors: ConfigError for limits or proxies that cannot be.
  Site(const Limits& limits, const Compression& compression, const TrustedProxies& proxies)
      : settings(limits, compression, proxies), registries(settings.limits, compression) {}

  Settings settings;
  Registries registries;
  Counts counts;
};

}  // namespace microframe::ws
