#include "ws/routes.hpp"

namespace microframe::ws {

void Routes::open(Registries& registries) {
  for (HttpTable* const table : {&served, &admin}) {
    for (const HttpRoute& route : table->routes) {
      if (route.access) route.access->open(registries);
    }
  }
}

Endpoint* Routes::endpoint(std::string_view path) const {
  for (const auto& endpoint : endpoints) {
    if (endpoint->path() == path) return endpoint.get();
  }
  return nullptr;
}

}  // namespace microframe::ws
