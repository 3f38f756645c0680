// How a route finds an endpoint's hooks at compile time, and says in plain words what is wrong with one.
// Not for applications.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
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

// The hooks of one endpoint, type-erased. A null pointer is a hook that is not there. Each returns the
// coroutine that has still to be run, or an empty Task where the hook has already returned.
struct Hooks {
  using Connect = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&);
  using JsonMessage = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&, const Json&);
  using RawMessage = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&, const ws::Message&);
  using BinaryMessage = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&, Binary);
  using Disconnect = Task<> (*)(void*, ws::WebSocket&, const ws::UserId&, const ws::DisconnectReason&);

  Connect on_connect = nullptr;
  JsonMessage on_json = nullptr;
  RawMessage on_raw = nullptr;
  BinaryMessage on_binary = nullptr;
  Disconnect on_disconnect = nullptr;
  // Whether the message hooks are coroutines: what they read must then outlive the call.
  bool message_waits = false;
  bool binary_waits = false;
};

inline Task<> reply_later(Task<Json> hook, ws::WebSocket socket) {
  const Json value = co_await hook;
  reply(socket, value);
}

// Calls a hook and turns what it returns into what is still to be run.
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

template <class T>
concept HookResult = std::is_void_v<T> || std::is_same_v<T, Task<>>;
template <class T>
concept MessageHookResult = HookResult<T> || std::is_same_v<T, Json> || std::is_same_v<T, Task<Json>>;
template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

// Whether T has a member of that name, public or not and however overloaded: naming it in a class that
// derives from T and from another class with that name is then ambiguous.
#define MICROFRAME_HAS_MEMBER(name)        \
  struct Named_##name {                    \
    int name;                              \
  };                                       \
  template <class T>                       \
  struct With_##name : T, Named_##name {}; \
  template <class T>                       \
  inline constexpr bool has_##name = !requires { &With_##name<T>::name; };

MICROFRAME_HAS_MEMBER(on_connect)
MICROFRAME_HAS_MEMBER(on_message)
MICROFRAME_HAS_MEMBER(on_binary)
MICROFRAME_HAS_MEMBER(on_disconnect)

// Names that were meant to be a hook's. Each is refused, for nothing would ever call it.
#define MICROFRAME_NEAR_MISS(name, meant)                                                       \
  namespace near_miss {                                                                         \
  MICROFRAME_HAS_MEMBER(name)                                                                   \
  }                                                                                             \
  template <class T>                                                                            \
    requires near_miss::has_                                                                    \
  ##name<T> consteval void check_##name() {                                                     \
    static_assert(sizeof(T) == 0,                                                               \
                  "microframe: no hook is called \"" #name "\"; did you mean \"" #meant "\"?"); \
  }                                                                                             \
  template <class T>                                                                            \
  consteval void check_##name() {}

// One line a misspelling; check_names() below calls each.
#define MICROFRAME_NEAR_MISSES(X)    \
  X(on_conect, on_connect)           \
  X(on_connected, on_connect)        \
  X(on_connection, on_connect)       \
  X(on_open, on_connect)             \
  X(onConnect, on_connect)           \
  X(onconnect, on_connect)           \
  X(onOpen, on_connect)              \
  X(connect, on_connect)             \
  X(on_mesage, on_message)           \
  X(on_messages, on_message)         \
  X(on_msg, on_message)              \
  X(on_text, on_message)             \
  X(on_json, on_message)             \
  X(on_receive, on_message)          \
  X(on_recieve, on_message)          \
  X(onMessage, on_message)           \
  X(onmessage, on_message)           \
  X(on_bin, on_binary)               \
  X(on_bytes, on_binary)             \
  X(on_data, on_binary)              \
  X(onBinary, on_binary)             \
  X(on_disconect, on_disconnect)     \
  X(on_diconnect, on_disconnect)     \
  X(on_disconnected, on_disconnect)  \
  X(on_disconnection, on_disconnect) \
  X(on_close, on_disconnect)         \
  X(on_closed, on_disconnect)        \
  X(onDisconnect, on_disconnect)     \
  X(ondisconnect, on_disconnect)     \
  X(onClose, on_disconnect)

MICROFRAME_NEAR_MISSES(MICROFRAME_NEAR_MISS)

template <class T>
consteval void check_names() {
#define MICROFRAME_CHECK(name, meant) check_##name<T>();
  MICROFRAME_NEAR_MISSES(MICROFRAME_CHECK)
#undef MICROFRAME_CHECK
}

#undef MICROFRAME_NEAR_MISSES
#undef MICROFRAME_NEAR_MISS
#undef MICROFRAME_HAS_MEMBER

template <class T>
concept CallsConnect =
    requires(T& t, ws::WebSocket& socket, const ws::UserId& user) { t.on_connect(socket, user); };
template <class T>
concept CallsJson = requires(T& t, ws::WebSocket& socket, const ws::UserId& user, const Json& message) {
  t.on_message(socket, user, message);
};
template <class T>
concept CallsRaw = requires(T& t, ws::WebSocket& socket, const ws::UserId& user, const ws::Message& message) {
  t.on_message(socket, user, message);
};
template <class T>
concept CallsBinary = requires(T& t, ws::WebSocket& socket, const ws::UserId& user, Binary bytes) {
  t.on_binary(socket, user, bytes);
};
template <class T>
concept CallsDisconnect =
    requires(T& t, ws::WebSocket& socket, const ws::UserId& user, const ws::DisconnectReason& reason) {
      t.on_disconnect(socket, user, reason);
    };
// The seed's own form.
template <class T>
concept CallsDisconnectPlain =
    requires(T& t, ws::WebSocket& socket, const ws::UserId& user) { t.on_disconnect(socket, user); };

template <class T>
consteval void check_hooks() {
  static_assert(!std::is_final_v<T>, "microframe: an endpoint class must not be final");
  check_names<T>();
  static_assert(has_on_message<T>,
                "microframe: the endpoint has no on_message; write: void on_message(ws::WebSocket& socket, "
                "const ws::UserId& user, const Json& message)");
  static_assert(
      !has_on_message<T> || CallsJson<T> || CallsRaw<T>,
      "microframe: on_message must be public and take (ws::WebSocket&, const ws::UserId&, const Json&) or "
      "(ws::WebSocket&, const ws::UserId&, const ws::Message&)");
  static_assert(!(CallsJson<T> && CallsRaw<T>),
                "microframe: the endpoint has on_message for both Json and ws::Message; write one, and "
                "on_binary beside "
                "the one for Json if binary messages come too");
  static_assert(!has_on_connect<T> || CallsConnect<T>,
                "microframe: on_connect must be public and take (ws::WebSocket&, const ws::UserId&)");
  static_assert(!has_on_binary<T> || CallsBinary<T>,
                "microframe: on_binary must be public and take (ws::WebSocket&, const ws::UserId&, "
                "std::span<const std::byte>)");
  static_assert(!has_on_disconnect<T> || CallsDisconnect<T> || CallsDisconnectPlain<T>,
                "microframe: on_disconnect must be public and take (ws::WebSocket&, const ws::UserId&, "
                "const ws::DisconnectReason&)");
}

template <class T>
void add_connect(Hooks& hooks) {
  if constexpr (CallsConnect<T>) {
    using Result = decltype(std::declval<T&>().on_connect(std::declval<ws::WebSocket&>(),
                                                          std::declval<const ws::UserId&>()));
    static_assert(HookResult<Result>, "microframe: on_connect must return void or Task<>");
    hooks.on_connect = [](void* self, ws::WebSocket& socket, const ws::UserId& user) {
      return run_hook(socket, [&] { return static_cast<T*>(self)->on_connect(socket, user); });
    };
  }
}

template <class T>
void add_message(Hooks& hooks) {
  // One call serves both forms; Argument is const Json& or const ws::Message&.
  const auto form = []<class Argument>(
                        Task<> (*&slot)(void*, ws::WebSocket&, const ws::UserId&, const Argument&)) {
    using Result = decltype(std::declval<T&>().on_message(
        std::declval<ws::WebSocket&>(), std::declval<const ws::UserId&>(), std::declval<const Argument&>()));
    static_assert(MessageHookResult<Result>,
                  "microframe: on_message must return void, Json, Task<> or Task<Json>");
    slot = [](void* self, ws::WebSocket& socket, const ws::UserId& user, const Argument& message) {
      return run_hook(socket, [&] { return static_cast<T*>(self)->on_message(socket, user, message); });
    };
    return is_task<Result>;
  };
  if constexpr (CallsJson<T>) {
    hooks.message_waits = form(hooks.on_json);
  } else if constexpr (CallsRaw<T>) {
    hooks.message_waits = form(hooks.on_raw);
  }
}

template <class T>
void add_binary(Hooks& hooks) {
  if constexpr (CallsBinary<T>) {
    using Result = decltype(std::declval<T&>().on_binary(
        std::declval<ws::WebSocket&>(), std::declval<const ws::UserId&>(), std::declval<Binary>()));
    static_assert(MessageHookResult<Result>,
                  "microframe: on_binary must return void, Json, Task<> or Task<Json>");
    hooks.on_binary = [](void* self, ws::WebSocket& socket, const ws::UserId& user, Binary bytes) {
      return run_hook(socket, [&] { return static_cast<T*>(self)->on_binary(socket, user, bytes); });
    };
    hooks.binary_waits = is_task<Result>;
  }
}

template <class T>
void add_disconnect(Hooks& hooks) {
  const auto form = [&](auto call) {
    using Result =
        decltype(call(std::declval<T&>(), std::declval<ws::WebSocket&>(), std::declval<const ws::UserId&>(),
                      std::declval<const ws::DisconnectReason&>()));
    static_assert(HookResult<Result>, "microframe: on_disconnect must return void or Task<>");
    hooks.on_disconnect = [](void* self, ws::WebSocket& socket, const ws::UserId& user,
                             const ws::DisconnectReason& reason) {
      return run_hook(socket, [&] { return decltype(call){}(*static_cast<T*>(self), socket, user, reason); });
    };
  };
  if constexpr (CallsDisconnect<T>) {
    form([](T& t, ws::WebSocket& socket, const ws::UserId& user, const ws::DisconnectReason& reason) {
      return t.on_disconnect(socket, user, reason);
    });
  } else if constexpr (CallsDisconnectPlain<T>) {
    form([](T& t, ws::WebSocket& socket, const ws::UserId& user, const ws::DisconnectReason&) {
      return t.on_disconnect(socket, user);
    });
  }
}

// The hooks of T, or a compile error that says what is wrong with them.
template <class T>
Hooks find_hooks() {
  check_hooks<T>();
  Hooks hooks;
  add_connect<T>(hooks);
  add_message<T>(hooks);
  add_binary<T>(hooks);
  add_disconnect<T>(hooks);
  return hooks;
}

}  // namespace microframe::detail
