// HttpRoutes: which handler answers which method and path.
#pragma once

#include <concepts>
#include <string>
#include <utility>

#include "microframe/authx/auth_config.hpp"
#include "microframe/authx/auth_manager.hpp"
#include "microframe/detail/http_handler.hpp"

namespace microframe {

// Each of get(), post(), put(), patch() and del() takes a path and a handler:
//   app.get("/rooms/{room}", [&chat](const HttpRequest& request) -> HttpResponse {
//     return HttpResponse::json({{"members", array_of(chat.get_room_members(request.parameter("room")))}});
//   });
// or, between the two, an authx::AuthConfig, and behind that an authx::AuthManager, which must outlive
// the application: only requests with a token that they accept reach the handler.
//
// path:    {name} stands for one segment, which has at least one byte. A segment that is written
//          out is preferred to one that is a parameter.
// handler: takes (const HttpRequest&); returns HttpResponse, Json, Task<HttpResponse> or Task<Json>.
//          It may run on several loops at once, and lives as long as the application.
// errors:  ConfigError if the path is malformed, or has a handler, a page or an endpoint already; and
//          for keys that do not fit their algorithm.
class HttpRoutes {
 public:
  // GET and, with the same fields but without the body, HEAD.
  template <class... Rest>
  HttpRoutes& get(std::string path, Rest&&... rest) {
    return on("GET", std::move(path), std::forward<Rest>(rest)...);
  }
  template <class... Rest>
  HttpRoutes& post(std::string path, Rest&&... rest) {
    return on("POST", std::move(path), std::forward<Rest>(rest)...);
  }
  template <class... Rest>
  HttpRoutes& put(std::string path, Rest&&... rest) {
    return on("PUT", std::move(path), std::forward<Rest>(rest)...);
  }
  template <class... Rest>
  HttpRoutes& patch(std::string path, Rest&&... rest) {
    return on("PATCH", std::move(path), std::forward<Rest>(rest)...);
  }
  template <class... Rest>
  HttpRoutes& del(std::string path, Rest&&... rest) {
    return on("DELETE", std::move(path), std::forward<Rest>(rest)...);
  }

 protected:
  virtual ~HttpRoutes() = default;

 private:
  virtual void add_route(detail::HttpRouteParts parts) = 0;

  template <class F>
  HttpRoutes& on(const char* method, std::string path, F handler) {
    return add(method, std::move(path), {}, nullptr, std::move(handler));
  }
  template <class F>
  HttpRoutes& on(const char* method, std::string path, const authx::AuthConfig& auth, F handler) {
    return add(method, std::move(path), auth, nullptr, std::move(handler));
  }
  template <std::derived_from<authx::AuthManager> Users, class F>
  HttpRoutes& on(const char* method, std::string path, const authx::AuthConfig& auth, Users& users,
                 F handler) {
    return add(method, std::move(path), auth, &users, std::move(handler));
  }
  template <class F>
  HttpRoutes& add(const char* method, std::string path, std::optional<authx::AuthConfig> auth,
                  authx::AuthManager* users, F handler) {
    add_route({method, std::move(path), detail::http_handler(std::move(handler)), std::move(auth),
               users});
    return *this;
  }
};

}  // namespace microframe
