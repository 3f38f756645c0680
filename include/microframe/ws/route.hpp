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
      : path_(std::move(path)),
        auth_(std::move(auth)),
        users_(users),
        hooks_(detail::find_hooks<T>()),
        base_(endpoint.get()),
        handler_(endpoint.get()),
        owner_(std::move(endpoint)) {
    static_assert(std::is_base_of_v<BaseWebSocket, T>,
                  "microframe: an endpoint derives from ws::BaseWebSocket or ws::ChatBase");
  }
  // errors: ConfigError if the callbacks have no on_message.
  WebSocketRoute(std::string path, std::unique_ptr<CallbackEndpoint> endpoint,
                 authx::AuthConfig auth, authx::AuthManager* users = nullptr);

  // The subprotocols that the application speaks (RFC 6455 §1.9), best first. Default: the first
  // one that a client offers is chosen.
  WebSocketRoute&& subprotocols(std::vector<std::string> names) && {
    subprotocols_ = std::move(names);
    return std::move(*this);
  }
  // Whether clients may speak microframe.v1 (docs/protocol.md) here. Default: yes.
  WebSocketRoute&& sessions(bool on) && {
    sessions_ = on;
    return std::move(*this);
  }

 private:
  friend class Endpoint;

  std::string path_;
  authx::AuthConfig auth_;
  authx::AuthManager* users_;
  std::vector<std::string> subprotocols_;
  bool sessions_ = true;
  detail::Hooks hooks_;
  BaseWebSocket* base_;
  void* handler_;  // the T of the constructor, which the hooks cast back to
  std::shared_ptr<void> owner_;
};

}  // namespace microframe::ws

namespace microframe {
using ws::WebSocketRoute;
}
