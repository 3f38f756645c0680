// RouteParts: what a WebSocketRoute has gathered, for the endpoint that serves it. Not for
// applications.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "microframe/authx.hpp"
#include "microframe/detail/hooks.hpp"

namespace microframe::ws {
class Endpoint;
}

namespace microframe::detail {

struct RouteParts {
  std::string path;
  authx::AuthConfig auth;
  authx::AuthManager* users;
  std::vector<std::string> subprotocols;
  bool sessions;
  Hooks hooks;
  void* handler;  // the application's object, which the hooks cast back to what it is
  // Lets that object speak through the endpoint, once, before the first connection.
  std::function<void(ws::Endpoint&)> attach;
  std::shared_ptr<void> owner;  // of the object
};

}  // namespace microframe::detail
