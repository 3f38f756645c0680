// Callbacks: an endpoint made of lambdas, for small programs.
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "microframe/detail/hooks.hpp"
#include "microframe/ws/chat_base.hpp"

namespace microframe::ws {

// Each setter takes a callable with the arguments and results of the hook of that name (see
// BaseWebSocket):
//   app.websocket("/ws", auth,
//                 ws::Callbacks().on_message([](ws::WebSocket& socket, const ws::UserId& user,
//                                               const Json& message) {
//                   socket.chat().broadcast({{"from", user}, {"text", text(message, "text")}});
//                 }));
// A callable may run on several loops at once, and lives as long as the application.
class Callbacks {
 public:
  Callbacks() = default;

  template <class F>
  Callbacks&& on_connect(F hook) && {
    static_assert(std::is_invocable_v<F&, WebSocket&, const UserId&>,
                  "microframe: on_connect must take (ws::WebSocket&, const ws::UserId&)");
    static_assert(detail::HookResult<std::invoke_result_t<F&, WebSocket&, const UserId&>>,
                  "microframe: on_connect must return void or Task<>");
    connect_ = [hook = std::move(hook)](WebSocket& socket, const UserId& user) mutable {
      return detail::run_hook(socket, [&] { return hook(socket, user); });
    };
    return std::move(*this);
  }

  template <class F>
  Callbacks&& on_message(F hook) && {
    constexpr bool json = std::is_invocable_v<F&, WebSocket&, const UserId&, const Json&>;
    constexpr bool raw = std::is_invocable_v<F&, WebSocket&, const UserId&, const Message&>;
    static_assert(
        json || raw,
        "microframe: on_message must take (ws::WebSocket&, const ws::UserId&, const Json&) or "
        "(ws::WebSocket&, const ws::UserId&, const ws::Message&)");
    if constexpr (json) {
      json_ = message_hook<Json>(std::move(hook));
    } else if constexpr (raw) {
      raw_ = message_hook<Message>(std::move(hook));
    }
    return std::move(*this);
  }

  template <class F>
  Callbacks&& on_binary(F hook) && {
    static_assert(std::is_invocable_v<F&, WebSocket&, const UserId&, detail::Binary>,
                  "microframe: on_binary must take (ws::WebSocket&, const ws::UserId&, "
                  "std::span<const std::byte>)");
    static_assert(detail::MessageHookResult<
                      std::invoke_result_t<F&, WebSocket&, const UserId&, detail::Binary>>,
                  "microframe: on_binary must return void, Json, Task<> or Task<Json>");
    binary_ = [hook = std::move(hook)](WebSocket& socket, const UserId& user,
                                       detail::Binary bytes) mutable {
      return detail::run_hook(socket, [&] { return hook(socket, user, bytes); });
    };
    return std::move(*this);
  }

  template <class F>
  Callbacks&& on_disconnect(F hook) && {
    static_assert(std::is_invocable_v<F&, WebSocket&, const UserId&, const DisconnectReason&>,
                  "microframe: on_disconnect must take (ws::WebSocket&, const ws::UserId&, const "
                  "ws::DisconnectReason&)");
    static_assert(detail::HookResult<
                      std::invoke_result_t<F&, WebSocket&, const UserId&, const DisconnectReason&>>,
                  "microframe: on_disconnect must return void or Task<>");
    disconnect_ = [hook = std::move(hook)](WebSocket& socket, const UserId& user,
                                           const DisconnectReason& reason) mutable {
      return detail::run_hook(socket, [&] { return hook(socket, user, reason); });
    };
    return std::move(*this);
  }

  template <class F>
  Callbacks&& can_join(F hook) && {
    static_assert(std::is_invocable_v<F&, WebSocket&, const UserId&, const std::string&>,
                  "microframe: can_join must take (ws::WebSocket&, const ws::UserId&, const "
                  "std::string& room)");
    using Result = std::invoke_result_t<F&, WebSocket&, const UserId&, const std::string&>;
    static_assert(std::is_same_v<Result, bool> || std::is_same_v<Result, Task<bool>>,
                  "microframe: can_join must return bool or Task<bool>");
    can_join_ = [hook = std::move(hook)](WebSocket& socket, const UserId& user,
                                         const std::string& room, bool& allowed) mutable {
      return detail::run_check([&] { return hook(socket, user, room); }, allowed);
    };
    return std::move(*this);
  }

  template <class F>
  Callbacks&& on_join(F hook) && {
    join_ = room_hook(std::move(hook));
    return std::move(*this);
  }

  template <class F>
  Callbacks&& on_leave(F hook) && {
    leave_ = room_hook(std::move(hook));
    return std::move(*this);
  }

  template <class F>
  Callbacks&& on_session_expired(F hook) && {
    static_assert(std::is_invocable_v<F&, WebSocket&, const UserId&>,
                  "microframe: on_session_expired must take (ws::WebSocket&, const ws::UserId&)");
    static_assert(detail::HookResult<std::invoke_result_t<F&, WebSocket&, const UserId&>>,
                  "microframe: on_session_expired must return void or Task<>");
    expired_ = [hook = std::move(hook)](WebSocket& socket, const UserId& user) mutable {
      return detail::run_hook(socket, [&] { return hook(socket, user); });
    };
    return std::move(*this);
  }

  template <class F>
  Callbacks&& on_user_online(F hook) && {
    online_ = user_hook(std::move(hook));
    return std::move(*this);
  }

  template <class F>
  Callbacks&& on_user_offline(F hook) && {
    offline_ = user_hook(std::move(hook));
    return std::move(*this);
  }

 private:
  friend class CallbackEndpoint;

  template <class Argument, class F>
  static auto message_hook(F hook) {
    static_assert(detail::MessageHookResult<
                      std::invoke_result_t<F&, WebSocket&, const UserId&, const Argument&>>,
                  "microframe: on_message must return void, Json, Task<> or Task<Json>");
    return [hook = std::move(hook)](WebSocket& socket, const UserId& user,
                                    const Argument& message) mutable {
      return detail::run_hook(socket, [&] { return hook(socket, user, message); });
    };
  }

  template <class F>
  static auto room_hook(F hook) {
    static_assert(
        std::is_invocable_v<F&, WebSocket&, const UserId&, const std::string&>,
        "microframe: on_join and on_leave must take (ws::WebSocket&, const ws::UserId&, const "
        "std::string& room)");
    static_assert(
        detail::HookResult<std::invoke_result_t<F&, WebSocket&, const UserId&, const std::string&>>,
        "microframe: on_join and on_leave must return void or Task<>");
    return [hook = std::move(hook)](WebSocket& socket, const UserId& user,
                                    const std::string& room) mutable {
      return detail::run_hook(socket, [&] { return hook(socket, user, room); });
    };
  }

  template <class F>
  static std::function<void(const UserId&)> user_hook(F hook) {
    static_assert(std::is_invocable_v<F&, const UserId&>,
                  "microframe: on_user_online and on_user_offline must take (const ws::UserId&)");
    static_assert(std::is_void_v<std::invoke_result_t<F&, const UserId&>>,
                  "microframe: on_user_online and on_user_offline must return void");
    return hook;
  }

  std::function<Task<>(WebSocket&, const UserId&)> connect_;
  std::function<Task<>(WebSocket&, const UserId&, const Json&)> json_;
  std::function<Task<>(WebSocket&, const UserId&, const Message&)> raw_;
  std::function<Task<>(WebSocket&, const UserId&, detail::Binary)> binary_;
  std::function<Task<>(WebSocket&, const UserId&, const DisconnectReason&)> disconnect_;
  std::function<Task<>(WebSocket&, const UserId&, const std::string&, bool&)> can_join_;
  std::function<Task<>(WebSocket&, const UserId&, const std::string&)> join_;
  std::function<Task<>(WebSocket&, const UserId&, const std::string&)> leave_;
  std::function<Task<>(WebSocket&, const UserId&)> expired_;
  std::function<void(const UserId&)> online_;
  std::function<void(const UserId&)> offline_;
};

// The endpoint that is made of Callbacks.
class CallbackEndpoint : public ChatBase {
 public:
  explicit CallbackEndpoint(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}

  // The hooks that call the callables which were set.
  // errors: ConfigError if there is no on_message.
  detail::Hooks hooks() const;

 private:
  void add_session_hooks(detail::Hooks& hooks) const;

  Callbacks callbacks_;
};

}  // namespace microframe::ws
