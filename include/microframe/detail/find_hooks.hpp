// How a route finds an endpoint's hooks at compile time, and reports in plain words what is wrong
// with a hook. Not for applications.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "microframe/detail/hook_names.hpp"
#include "microframe/detail/hooks.hpp"

namespace microframe::detail {

template <class T>
concept CallsConnect =
    requires(T& t, ws::WebSocket& socket, const ws::UserId& user) { t.on_connect(socket, user); };
template <class T>
concept CallsJson = requires(T& t, ws::WebSocket& socket, const ws::UserId& user,
                             const Json& message) { t.on_message(socket, user, message); };
template <class T>
concept CallsRaw = requires(T& t, ws::WebSocket& socket, const ws::UserId& user,
                            const ws::Message& message) { t.on_message(socket, user, message); };
template <class T>
concept CallsBinary = requires(T& t, ws::WebSocket& socket, const ws::UserId& user, Binary bytes) {
  t.on_binary(socket, user, bytes);
};
template <class T>
concept CallsDisconnect =
    requires(T& t, ws::WebSocket& socket, const ws::UserId& user,
             const ws::DisconnectReason& reason) { t.on_disconnect(socket, user, reason); };
// The original's form, without a reason.
template <class T>
concept CallsDisconnectPlain = requires(T& t, ws::WebSocket& socket, const ws::UserId& user) {
  t.on_disconnect(socket, user);
};

template <class T>
concept CallsCanJoin = requires(T& t, ws::WebSocket& socket, const ws::UserId& user,
                                const std::string& room) { t.can_join(socket, user, room); };
template <class T>
concept CallsJoin = requires(T& t, ws::WebSocket& socket, const ws::UserId& user,
                             const std::string& room) { t.on_join(socket, user, room); };
template <class T>
concept CallsLeave = requires(T& t, ws::WebSocket& socket, const ws::UserId& user,
                              const std::string& room) { t.on_leave(socket, user, room); };
template <class T>
concept CallsExpired = requires(T& t, ws::WebSocket& socket, const ws::UserId& user) {
  t.on_session_expired(socket, user);
};
template <class T>
concept CallsOnline = requires(T& t, const ws::UserId& user) { t.on_user_online(user); };
template <class T>
concept CallsOffline = requires(T& t, const ws::UserId& user) { t.on_user_offline(user); };

template <class T>
consteval void check_session_hooks() {
  static_assert(
      !has_can_join<T> || CallsCanJoin<T>,
      "microframe: can_join must be public and take (ws::WebSocket&, const ws::UserId&, const "
      "std::string& room)");
  static_assert(
      !has_on_join<T> || CallsJoin<T>,
      "microframe: on_join must be public and take (ws::WebSocket&, const ws::UserId&, const "
      "std::string& room)");
  static_assert(
      !has_on_leave<T> || CallsLeave<T>,
      "microframe: on_leave must be public and take (ws::WebSocket&, const ws::UserId&, const "
      "std::string& room)");
  static_assert(
      !has_on_session_expired<T> || CallsExpired<T>,
      "microframe: on_session_expired must be public and take (ws::WebSocket&, const ws::UserId&)");
  static_assert(!has_on_user_online<T> || CallsOnline<T>,
                "microframe: on_user_online must be public and take (const ws::UserId&)");
  static_assert(!has_on_user_offline<T> || CallsOffline<T>,
                "microframe: on_user_offline must be public and take (const ws::UserId&)");
}

template <class T>
consteval void check_hooks() {
  static_assert(!std::is_final_v<T>, "microframe: an endpoint class must not be final");
  check_names<T>();
  static_assert(
      has_on_message<T>,
      "microframe: the endpoint has no on_message; write: void on_message(ws::WebSocket& socket, "
      "const ws::UserId& user, const Json& message)");
  static_assert(!has_on_message<T> || CallsJson<T> || CallsRaw<T>,
                "microframe: on_message must be public and take (ws::WebSocket&, const "
                "ws::UserId&, const Json&) or "
                "(ws::WebSocket&, const ws::UserId&, const ws::Message&)");
  static_assert(
      !(CallsJson<T> && CallsRaw<T>),
      "microframe: the endpoint has on_message for both Json and ws::Message; write one, and "
      "on_binary beside "
      "the one for Json if binary messages come too");
  static_assert(
      !has_on_connect<T> || CallsConnect<T>,
      "microframe: on_connect must be public and take (ws::WebSocket&, const ws::UserId&)");
  static_assert(!has_on_binary<T> || CallsBinary<T>,
                "microframe: on_binary must be public and take (ws::WebSocket&, const ws::UserId&, "
                "std::span<const std::byte>)");
  static_assert(
      !has_on_disconnect<T> || CallsDisconnect<T> || CallsDisconnectPlain<T>,
      "microframe: on_disconnect must be public and take (ws::WebSocket&, const ws::UserId&, "
      "const ws::DisconnectReason&)");
  check_session_hooks<T>();
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
  // One lambda serves both forms; Argument is Json or ws::Message.
  const auto form = []<class Argument>(Task<> (*&slot)(void*, ws::WebSocket&, const ws::UserId&,
                                                       const Argument&)) {
    using Result = decltype(std::declval<T&>().on_message(std::declval<ws::WebSocket&>(),
                                                          std::declval<const ws::UserId&>(),
                                                          std::declval<const Argument&>()));
    static_assert(MessageHookResult<Result>,
                  "microframe: on_message must return void, Json, Task<> or Task<Json>");
    slot = [](void* self, ws::WebSocket& socket, const ws::UserId& user, const Argument& message) {
      return run_hook(socket,
                      [&] { return static_cast<T*>(self)->on_message(socket, user, message); });
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
      return run_hook(socket,
                      [&] { return static_cast<T*>(self)->on_binary(socket, user, bytes); });
    };
    hooks.binary_waits = is_task<Result>;
  }
}

template <class T>
void add_disconnect(Hooks& hooks) {
  const auto form = [&](auto call) {
    using Result = decltype(call(std::declval<T&>(), std::declval<ws::WebSocket&>(),
                                 std::declval<const ws::UserId&>(),
                                 std::declval<const ws::DisconnectReason&>()));
    static_assert(HookResult<Result>, "microframe: on_disconnect must return void or Task<>");
    hooks.on_disconnect = [](void* self, ws::WebSocket& socket, const ws::UserId& user,
                             const ws::DisconnectReason& reason) {
      return run_hook(
          socket, [&] { return decltype(call){}(*static_cast<T*>(self), socket, user, reason); });
    };
  };
  if constexpr (CallsDisconnect<T>) {
    form([](T& t, ws::WebSocket& socket, const ws::UserId& user,
            const ws::DisconnectReason& reason) { return t.on_disconnect(socket, user, reason); });
  } else if constexpr (CallsDisconnectPlain<T>) {
    form([](T& t, ws::WebSocket& socket, const ws::UserId& user, const ws::DisconnectReason&) {
      return t.on_disconnect(socket, user);
    });
  }
}

template <class T>
void add_can_join(Hooks& hooks) {
  if constexpr (CallsCanJoin<T>) {
    using Result = decltype(std::declval<T&>().can_join(std::declval<ws::WebSocket&>(),
                                                        std::declval<const ws::UserId&>(),
                                                        std::declval<const std::string&>()));
    static_assert(std::is_same_v<Result, bool> || std::is_same_v<Result, Task<bool>>,
                  "microframe: can_join must return bool or Task<bool>");
    hooks.can_join = [](void* self, ws::WebSocket& socket, const ws::UserId& user,
                        const std::string& room, bool& allowed) {
      return run_check([&] { return static_cast<T*>(self)->can_join(socket, user, room); },
                       allowed);
    };
  }
}

template <class T>
void add_session_events(Hooks& hooks) {
  const auto room_form = [](Hooks::RoomEvent& slot, auto call) {
    using Result =
        decltype(call(std::declval<T&>(), std::declval<ws::WebSocket&>(),
                      std::declval<const ws::UserId&>(), std::declval<const std::string&>()));
    static_assert(HookResult<Result>,
                  "microframe: on_join and on_leave must return void or Task<>");
    slot = [](void* self, ws::WebSocket& socket, const ws::UserId& user, const std::string& room) {
      return run_hook(socket,
                      [&] { return decltype(call){}(*static_cast<T*>(self), socket, user, room); });
    };
  };
  if constexpr (CallsJoin<T>) {
    room_form(hooks.on_join, [](T& t, ws::WebSocket& socket, const ws::UserId& user,
                                const std::string& room) { return t.on_join(socket, user, room); });
  }
  if constexpr (CallsLeave<T>) {
    room_form(hooks.on_leave,
              [](T& t, ws::WebSocket& socket, const ws::UserId& user, const std::string& room) {
                return t.on_leave(socket, user, room);
              });
  }
  if constexpr (CallsExpired<T>) {
    using Result = decltype(std::declval<T&>().on_session_expired(
        std::declval<ws::WebSocket&>(), std::declval<const ws::UserId&>()));
    static_assert(HookResult<Result>, "microframe: on_session_expired must return void or Task<>");
    hooks.on_session_expired = [](void* self, ws::WebSocket& socket, const ws::UserId& user) {
      return run_hook(socket,
                      [&] { return static_cast<T*>(self)->on_session_expired(socket, user); });
    };
  }
}

template <class T>
void add_user_events(Hooks& hooks) {
  if constexpr (CallsOnline<T>) {
    static_assert(std::is_void_v<decltype(std::declval<T&>().on_user_online(
                      std::declval<const ws::UserId&>()))>,
                  "microframe: on_user_online must return void");
    hooks.on_user_online = [](void* self, const ws::UserId& user) {
      static_cast<T*>(self)->on_user_online(user);
    };
  }
  if constexpr (CallsOffline<T>) {
    static_assert(std::is_void_v<decltype(std::declval<T&>().on_user_offline(
                      std::declval<const ws::UserId&>()))>,
                  "microframe: on_user_offline must return void");
    hooks.on_user_offline = [](void* self, const ws::UserId& user) {
      static_cast<T*>(self)->on_user_offline(user);
    };
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
  add_can_join<T>(hooks);
  add_session_events<T>(hooks);
  add_user_events<T>(hooks);
  return hooks;
}

}  // namespace microframe::detail
