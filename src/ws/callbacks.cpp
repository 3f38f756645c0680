#include "microframe/ws/callbacks.hpp"

#include "microframe/config_error.hpp"

namespace microframe::ws {
namespace {

CallbackEndpoint& self_of(void* self) {
  return *static_cast<CallbackEndpoint*>(self);
}

}  // namespace

detail::Hooks CallbackEndpoint::hooks() const {
  if (!callbacks_.json_ && !callbacks_.raw_) {
    throw ConfigError("the callbacks have no on_message: write ws::Callbacks().on_message(...)");
  }
  detail::Hooks hooks;
  // Whether a callable is a coroutine is not known any more: what it reads is kept for it in any
  // case.
  hooks.message_waits = hooks.binary_waits = true;
  if (callbacks_.connect_) {
    hooks.on_connect = [](void* self, WebSocket& socket, const UserId& user) {
      return self_of(self).callbacks_.connect_(socket, user);
    };
  }
  if (callbacks_.json_) {
    hooks.on_json = [](void* self, WebSocket& socket, const UserId& user, const Json& message) {
      return self_of(self).callbacks_.json_(socket, user, message);
    };
  }
  if (callbacks_.raw_) {
    hooks.on_raw = [](void* self, WebSocket& socket, const UserId& user, const Message& message) {
      return self_of(self).callbacks_.raw_(socket, user, message);
    };
  }
  if (callbacks_.binary_) {
    hooks.on_binary = [](void* self, WebSocket& socket, const UserId& user, detail::Binary bytes) {
      return self_of(self).callbacks_.binary_(socket, user, bytes);
    };
  }
  if (callbacks_.disconnect_) {
    hooks.on_disconnect = [](void* self, WebSocket& socket, const UserId& user,
                             const DisconnectReason& reason) {
      return self_of(self).callbacks_.disconnect_(socket, user, reason);
    };
  }
  add_session_hooks(hooks);
  return hooks;
}

void CallbackEndpoint::add_session_hooks(detail::Hooks& hooks) const {
  if (callbacks_.can_join_) {
    hooks.can_join = [](void* self, WebSocket& socket, const UserId& user, const std::string& room,
                        bool& allowed) {
      return self_of(self).callbacks_.can_join_(socket, user, room, allowed);
    };
  }
  if (callbacks_.join_) {
    hooks.on_join = [](void* self, WebSocket& socket, const UserId& user, const std::string& room) {
      return self_of(self).callbacks_.join_(socket, user, room);
    };
  }
  if (callbacks_.leave_) {
    hooks.on_leave = [](void* self, WebSocket& socket, const UserId& user,
                        const std::string& room) {
      return self_of(self).callbacks_.leave_(socket, user, room);
    };
  }
  if (callbacks_.expired_) {
    hooks.on_session_expired = [](void* self, WebSocket& socket, const UserId& user) {
      return self_of(self).callbacks_.expired_(socket, user);
    };
  }
  if (callbacks_.online_)
    hooks.on_user_online = [](void* self, const UserId& user) {
      self_of(self).callbacks_.online_(user);
    };
  if (callbacks_.offline_)
    hooks.on_user_offline = [](void* self, const UserId& user) {
      self_of(self).callbacks_.offline_(user);
    };
}

}  // namespace microframe::ws
