// HttpTable: what is behind the paths of one door that are no endpoints: pages, and the
// application's handlers. Set up before it serves, then const; shared by all loops.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/router.hpp"
#include "microframe/detail/http_handler.hpp"
#include "ws/access.hpp"

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

struct HttpRoute {
  std::string path;  // as it was routed
  detail::HttpHandler handler;
  std::unique_ptr<Access> access;  // nullptr: anybody may come
};

struct HttpTable {
  // errors: ConfigError.
  void add(detail::HttpRouteParts parts);
  // Whether there is a handler at `path`, for any method.
  bool handles(std::string_view path) const { return !router.allowed(path).empty(); }
  // returns: nullptr where the path has none.
  const Page* page(std::string_view path) const;

  std::unordered_map<std::string, Page> pages;
  http::Router router;
  std::vector<HttpRoute> routes;  // by the router's numbers
};

}  // namespace microframe::ws
