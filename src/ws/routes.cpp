#include "ws/routes.hpp"

namespace microframe::ws {

Endpoint* Routes::endpoint(std::string_view path) const {
  for (const auto& endpoint : endpoints) {
    if (endpoint->path() == path) return endpoint.get();
  }
  return nullptr;
}

const Page* Routes::page(std::string_view path) const {
  const auto found = pages.find(std::string(path));
  return found == pages.end() ? nullptr : &found->second;
}

}  // namespace microframe::ws
