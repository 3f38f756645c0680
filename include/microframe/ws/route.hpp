// WebSocketRoute: a path, the object that handles it, and who may connect.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "microframe/authx.hpp"
#include "microframe/detail/find_hooks.hpp"
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
      : parts_{std::move(path),         std::move(auth), users,          {},     true,
               detail::find_hooks<T>(), endpoint.get(),  endpoint.get(), nullptr} {
    static_assert(std::is_base_of_v<BaseWebSocket, T>,
                  "microframe: an endpoint derives from ws::BaseWebSocket or ws::ChatBase");
    parts_.owner = std::move(endpoint);
  }
  // errors: ConfigError if the callbacks have no on_message.
  WebSocketRoute(std::string path, std::unique_ptr<CallbackEndpoint> endpoint,
                 authx::AuthConfig auth, authx::AuthManager* users = nullptr)
      : parts_{std::move(path),   std::move(auth), users,          {},     true,
               endpoint->hooks(), endpoint.get(),  endpoint.get(), nullptr} {
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
  struct Parts {
    std::string path;
    authx::AuthConfig auth;
    authx::AuthManager* users;
    std::vector<std::string> subprotocols;
    bool sessions;
    detail::Hooks hooks;
    BaseWebSocket* base;
    void* handler;  // the T of the constructor, which the hooks cast back to
    std::shared_ptr<void> owner;
  };
  Parts take() && { return std::move(parts_); }

 private:
  Parts parts_;
};

}  // namespace microframe::ws

namespace microframe {
using ws::WebSocketRoute;
}
