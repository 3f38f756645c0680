// WebSocketRoute: a path, the object that handles it, and who may connect.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "microframe/authx.hpp"
#include "microframe/detail/find_hooks.hpp"
#include "microframe/detail/route_parts.hpp"
#include "microframe/ws/callbacks.hpp"
#include "microframe/ws/chat_base.hpp"

namespace microframe::ws {

// Move-only. Give a route to Application::add once. The AuthManager is borrowed and must outlive
// the application.
class WebSocketRoute {
 public:
  // path:     starts with '/'; Application::add checks it.
  // endpoint: any class derived from BaseWebSocket with an on_message.
  template <class T>
  WebSocketRoute(std::string path, std::unique_ptr<T> endpoint, authx::AuthConfig auth,
                 authx::AuthManager* users = nullptr)
      : WebSocketRoute(std::move(path), endpoint.get(), std::move(auth), users) {
    static_assert(std::is_base_of_v<BaseWebSocket, T>,
                  "microframe: an endpoint derives from ws::BaseWebSocket or ws::ChatBase");
    parts_.hooks = detail::find_hooks<T>();
    parts_.owner = std::move(endpoint);
  }
  // errors: ConfigError if the callbacks have no on_message.
  WebSocketRoute(std::string path, std::unique_ptr<CallbackEndpoint> endpoint,
                 authx::AuthConfig auth, authx::AuthManager* users = nullptr)
      : WebSocketRoute(std::move(path), endpoint.get(), std::move(auth), users) {
    parts_.hooks = endpoint->hooks();
    parts_.owner = std::move(endpoint);
  }

  // The subprotocols that the application speaks (RFC 6455 §1.9), best first. Default: the first
  // one that a client offers is chosen.
  WebSocketRoute&& subprotocols(std::vector<std::string> names) && {
    parts_.subprotocols = std::move(names);
    return std::move(*this);
  }
  // Whether clients may speak microframe.v1 (docs/protocol.md) here. Default: yes.
  WebSocketRoute&& sessions(bool on) && {
    parts_.sessions = on;
    return std::move(*this);
  }

  // Not for applications.
  detail::RouteParts take() && { return std::move(parts_); }

 private:
  // The hooks cast `handler` back to T.
  template <class T>
  WebSocketRoute(std::string path, T* handler, authx::AuthConfig auth, authx::AuthManager* users)
      : parts_{std::move(path),
               std::move(auth),
               users,
               {},
               true,
               {},
               handler,
               [handler](Endpoint& endpoint) { handler->speak_through(endpoint); },
               nullptr} {}

  detail::RouteParts parts_;
};

}  // namespace microframe::ws

namespace microframe {
using ws::WebSocketRoute;
}
