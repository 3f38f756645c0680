// HttpHandler: a handler of HTTP requests, whatever its type is. Not for applications.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "microframe/authx/auth_config.hpp"
#include "microframe/authx/auth_manager.hpp"
#include "microframe/http/request.hpp"
#include "microframe/http/response.hpp"
#include "microframe/json.hpp"
#include "microframe/task.hpp"

namespace microframe::detail {

// One of the two is set.
struct HttpHandler {
  std::function<HttpResponse(const HttpRequest&)> now;
  std::function<Task<HttpResponse>(const HttpRequest&)> later;
};

// What a route has gathered, for the server.
struct HttpRouteParts {
  std::string method;
  std::string path;
  HttpHandler handler;
  std::optional<authx::AuthConfig> auth;
  authx::AuthManager* users = nullptr;
};

inline Task<HttpResponse> json_later(Task<Json> handler) {
  const Json value = co_await handler;
  HttpResponse response = HttpResponse::json(value);
  co_return response;
}

template <class F>
HttpHandler http_handler(F handler) {
  static_assert(std::is_invocable_v<F&, const HttpRequest&>,
                "microframe: a handler must take (const HttpRequest&)");
  HttpHandler made;
  if constexpr (std::is_invocable_v<F&, const HttpRequest&>) {
    using Result = std::invoke_result_t<F&, const HttpRequest&>;
    constexpr bool now = std::is_same_v<Result, HttpResponse>;
    constexpr bool later = std::is_same_v<Result, Task<HttpResponse>>;
    constexpr bool json = std::is_same_v<Result, Json>;
    constexpr bool json_task = std::is_same_v<Result, Task<Json>>;
    static_assert(now || later || json || json_task,
                  "microframe: a handler must return HttpResponse, Json, Task<HttpResponse> or "
                  "Task<Json>");
    if constexpr (now) {
      made.now = std::move(handler);
    } else if constexpr (later) {
      made.later = std::move(handler);
    } else if constexpr (json) {
      made.now = [handler = std::move(handler)](const HttpRequest& request) mutable {
        return HttpResponse::json(handler(request));
      };
    } else if constexpr (json_task) {
      made.later = [handler = std::move(handler)](const HttpRequest& request) mutable {
        return json_later(handler(request));
      };
    }
  }
  return made;
}

}  // namespace microframe::detail
