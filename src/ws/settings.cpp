#include "ws/settings.hpp"

#include <algorithm>

#include "guard/memory.hpp"

namespace microframe::ws {
namespace {

std::size_t memory_limit(const Limits& limits) {
  return limits.memory_bytes_max != 0 ? limits.memory_bytes_max
                                      : guard::cgroup_bytes_max() / 10 * 9;
}

std::size_t history_limit(const Limits& limits) {
  constexpr std::size_t kUsual = std::size_t{256} << 20;
  if (limits.history_bytes_max != 0) return limits.history_bytes_max;
  const std::size_t memory = memory_limit(limits);
  return memory != 0 ? std::min(memory / 4, kUsual) : kUsual;
}

}  // namespace

Settings::Settings(const Limits& with, const Compression& compressed, const TrustedProxies& trusted)
    : limits(with),
      compression(compressed),
      memory_bytes_max(memory_limit(with)),
      history_bytes_max(history_limit(with)),
      proxies(trusted) {}

}  // namespace microframe::ws
