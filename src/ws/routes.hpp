// Routes: what is behind each path: an endpoint or a page. Set up before it serves, then const;
// shared by all loops.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ws/endpoint.hpp"

namespace microframe::ws {

// The answer to GET on a path that is no endpoint.
struct Page {
  std::string content_type;
  // Makes the body, on any loop.
  std::function<std::string()> body;
  // Whether the answer is 200, and not 503; left out: always.
  std::function<bool()> good = {};
  // Further header fields, each with its CRLF.
  std::string fields = {};
};

struct Routes {
  // returns: nullptr where the path has none.
  Endpoint* endpoint(std::string_view path) const;
  const Page* page(std::string_view path) const;
  const Page* metrics_page(std::string_view path) const;

  std::vector<std::unique_ptr<Endpoint>> endpoints;
  std::unordered_map<std::string, Page> pages;
  std::unordered_map<std::string, Page> metrics_pages;  // of a listener for them alone
};

}  // namespace microframe::ws
