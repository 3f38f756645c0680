#include "ws/settings.hpp"

#include "guard/memory.hpp"

namespace microframe::ws {
namespace {

std::size_t memory_limit(const Limits& limits) {
  return limits.memory_bytes_max != 0 ? limits.memory_bytes_max
                                      : guard::cgroup_bytes_max() / 10 * 9;
}

}  // namespace

Settings::Settings(const Limits& with, const Compression& compressed, const TrustedProxies& trusted)
    : limits(with),
      compression(compressed),
      memory_bytes_max(memory_limit(with)),
      proxies(trusted) {}

}  // namespace microframe::ws
