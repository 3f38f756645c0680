#include "ws/http_table.hpp"

#include <utility>

namespace microframe::ws {

void HttpTable::add(detail::HttpRouteParts parts) {
  HttpRoute route{parts.path, std::move(parts.handler), nullptr};
  if (parts.auth) route.access = std::make_unique<Access>(parts.path, *parts.auth, parts.users);
  router.add(std::move(parts.method), parts.path);
  routes.push_back(std::move(route));
}

const Page* HttpTable::page(std::string_view path) const {
  const auto found = pages.find(std::string(path));
  return found == pages.end() ? nullptr : &found->second;
}

}  // namespace microframe::ws
