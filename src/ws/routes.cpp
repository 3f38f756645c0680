#include "ws/routes.hpp"

namespace microframe::ws {
namespace {

const Page* find(const std::unordered_map<std::string, Page>& pages, std::string_view path) {
  const auto found = pages.find(std::string(path));
  return found == pages.end() ? nullptr : &found->second;
}

}  // namespace

Endpoint* Routes::endpoint(std::string_view path) const {
  for (const auto& endpoint : endpoints) {
    if (endpoint->path() == path) return endpoint.get();
  }
  return nullptr;
}

const Page* Routes::page(std::string_view path) const {
  return find(pages, path);
}

const Page* Routes::metrics_page(std::string_view path) const {
  return find(metrics_pages, path);
}

}  // namespace microframe::ws
