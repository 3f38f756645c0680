#include "ws/site.hpp"

#include "guard/memory.hpp"

namespace microframe::ws {
namespace {

std::size_t memory_limit(const Limits& limits) {
  return limits.memory_bytes_max != 0 ? limits.memory_bytes_max
                                      : guard::cgroup_bytes_max() / 10 * 9;
}

}  // namespace

Site::Site(const Limits& with, const Compression& compressed, const TrustedProxies& trusted)
    : limits(with),
      compression(compressed),
      memory_bytes_max(memory_limit(with)),
      proxies(trusted),
      admission(with),
      takeover_budget(compressed.takeover_bytes_max),
      sessions(with.sessions_suspended_max),
      key_waits(with.authentications_max) {}

Endpoint* Site::endpoint(std::string_view path) const {
  for (const auto& endpoint : endpoints) {
    if (endpoint->path() == path) return endpoint.get();
  }
  return nullptr;
}

const Page* Site::page(std::string_view path) const {
  const auto found = pages.find(std::string(path));
  return found == pages.end() ? nullptr : &found->second;
}

}  // namespace microframe::ws
