// Hooks: an endpoint's hooks, whatever its class is. Not for applications.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

#include "microframe/json.hpp"
#include "microframe/task.hpp"
#include "microframe/ws/disconnect.hpp"
#include "microframe/ws/message.hpp"
#include "microframe/ws/websocket.hpp"

namespace microframe::detail {

using Binary = std::span<const std::byte>;

// Sends a hook's reply to the message it answers.
void reply(ws::WebSocket& socket, const Json& value);

// The hooks of one endpoint, type-erased. A null pointer stands for a missing hook. Each hook
// returns the coroutine that must still run, or an empty Task if the hook has already returned.
struct Hooks {
  using Connect = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&);
  using JsonMessage = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&, const Json&);
  using RawMessage = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&, const ws::Message&);
  using BinaryMessage = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&, Binary);
  using Disconnect = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&,
                                const ws::DisconnectReason&);
  // Writes its answer to the last argument, which outlives the coroutine.
  using JoinCheck = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&, const std::string&, bool&);
  using RoomEvent = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&, const std::string&);
  using SessionEvent = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&);
  using UserEvent = void (*)(void*, const ws::UserId&);

  Connect on_connect = nullptr;
  JsonMessage on_json = nullptr;
  RawMessage on_raw = nullptr;
  BinaryMessage on_binary = nullptr;
  Disconnect on_disconnect = nullptr;
  JoinCheck can_join = nullptr;
  RoomEvent on_join = nullptr;
  RoomEvent on_leave = nullptr;
  SessionEvent on_session_expired = nullptr;
  UserEvent on_user_online = nullptr;
  UserEvent on_user_offline = nullptr;
  // Whether the message hooks are coroutines: what they read must then outlive the call.
  bool message_waits = false;
  bool binary_waits = false;
};

inline Task<> reply_later(Task<Json> hook, ws::WebSocket socket) {
  const Json value = co_await hook;
  reply(socket, value);
}

// Calls a hook and turns its result into what must still run.
template <class Call>
Task<> run_hook(ws::WebSocket& socket, Call&& call) {
  using Result = std::invoke_result_t<Call&>;
  if constexpr (std::is_void_v<Result>) {
    call();
    return {};
  } else if constexpr (std::is_same_v<Result, Task<>>) {
    return call();
  } else if constexpr (std::is_same_v<Result, Task<Json>>) {
    return reply_later(call(), socket);
  } else {
    reply(socket, call());
    return {};
  }
}

inline Task<> check_later(Task<bool> hook, bool& allowed) {
  allowed = co_await hook;
}

// The same for a hook that answers yes or no.
template <class Call>
Task<> run_check(Call&& call, bool& allowed) {
  if constexpr (std::is_same_v<std::invoke_result_t<Call&>, bool>) {
    allowed = call();
    return {};
  } else {
    return check_later(call(), allowed);
  }
}

template <class T>
concept HookResult = std::is_void_v<T> || std::is_same_v<T, Task<>>;
template <class T>
concept MessageHookResult =
    HookResult<T> || std::is_same_v<T, Json> || std::is_same_v<T, Task<Json>>;
template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

}  // namespace microframe::detail
