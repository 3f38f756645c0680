#include "ws/site.hpp"

#include "base/log.hpp"

namespace microframe::ws {

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

void Site::reject(Rejection why, std::string_view peer, std::string_view detail) {
  rejected_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  base::log::limited(base::log::Level::warn, "rejected",
                     {{"reason", to_string(why)}, {"peer", peer}, {"detail", detail}});
}

}  // namespace microframe::ws
