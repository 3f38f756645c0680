// Callbacks: an endpoint made of lambdas, for small programs.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "microframe/detail/hooks.hpp"
#include "microframe/ws/chat_base.hpp"

namespace microframe::ws {

// Each setter takes a callable with the arguments of the hook of that name (see BaseWebSocket) and the same
// results:
//   app.websocket("/ws", auth, ws::Callbacks().on_message([](ws::WebSocket& socket, const ws::UserId& user,
//   const Json& message) {
//     socket.chat().broadcast({{"from", user}, {"text", text(message, "text")}});
//   }));
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
    static_assert(json || raw,
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
    static_assert(
        std::is_invocable_v<F&, WebSocket&, const UserId&, detail::Binary>,
        "microframe: on_binary must take (ws::WebSocket&, const ws::UserId&, std::span<const std::byte>)");
    static_assert(
        detail::MessageHookResult<std::invoke_result_t<F&, WebSocket&, const UserId&, detail::Binary>>,
        "microframe: on_binary must return void, Json, Task<> or Task<Json>");
    binary_ = [hook = std::move(hook)](WebSocket& socket, const UserId& user, detail::Binary bytes) mutable {
      return detail::run_hook(socket, [&] { return hook(socket, user, bytes); });
    };
    return std::move(*this);
  }

  template <class F>
  Callbacks&& on_disconnect(F hook) && {
    static_assert(std::is_invocable_v<F&, WebSocket&, const UserId&, const DisconnectReason&>,
                  "microframe: on_disconnect must take (ws::WebSocket&, const ws::UserId&, const "
                  "ws::DisconnectReason&)");
    static_assert(
        detail::HookResult<std::invoke_result_t<F&, WebSocket&, const UserId&, const DisconnectReason&>>,
        "microframe: on_disconnect must return void or Task<>");
    disconnect_ = [hook = std::move(hook)](WebSocket& socket, const UserId& user,
                                           const DisconnectReason& reason) mutable {
      return detail::run_hook(socket, [&] { return hook(socket, user, reason); });
    };
    return std::move(*this);
  }

 private:
  friend class CallbackEndpoint;

  template <class Argument, class F>
  static auto message_hook(F hook) {
    static_assert(
        detail::MessageHookResult<std::invoke_result_t<F&, WebSocket&, const UserId&, const Argument&>>,
        "microframe: on_message must return void, Json, Task<> or Task<Json>");
    return [hook = std::move(hook)](WebSocket& socket, const UserId& user, const Argument& message) mutable {
      return detail::run_hook(socket, [&] { return hook(socket, user, message); });
    };
  }

  std::function<Task<>(WebSocket&, const UserId&)> connect_;
  std::function<Task<>(WebSocket&, const UserId&, const Json&)> json_;
  std::function<Task<>(WebSocket&, const UserId&, const Message&)> raw_;
  std::function<Task<>(WebSocket&, const UserId&, detail::Binary)> binary_;
  std::function<Task<>(WebSocket&, const UserId&, const DisconnectReason&)> disconnect_;
};

// The endpoint that Callbacks become.
class CallbackEndpoint : public ChatBase {
 public:
  explicit CallbackEndpoint(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}

  // Points at the callables that were set. errors: ConfigError if there is no on_message.
  detail::Hooks hooks() const;

 private:
  Callbacks callbacks_;
};

}  // namespace microframe::ws
