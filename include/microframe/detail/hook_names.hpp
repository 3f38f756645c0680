// The names of hooks, and misspellings of them. Not for applications.
#pragma once

namespace microframe::detail {

// Whether T has a member of that name, public or not and however overloaded: the name is then
// ambiguous in a class that derives from T and from another class with that name.
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
MICROFRAME_HAS_MEMBER(can_join)
MICROFRAME_HAS_MEMBER(on_join)
MICROFRAME_HAS_MEMBER(on_leave)
MICROFRAME_HAS_MEMBER(on_session_expired)
MICROFRAME_HAS_MEMBER(on_user_online)
MICROFRAME_HAS_MEMBER(on_user_offline)

// Names that were meant to be a hook's. Each is refused, because nothing would ever call it.
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

// One line per misspelling; check_names() below calls each.
#define MICROFRAME_NEAR_MISSES(X)          \
  X(on_conect, on_connect)                 \
  X(on_connected, on_connect)              \
  X(on_connection, on_connect)             \
  X(on_open, on_connect)                   \
  X(onConnect, on_connect)                 \
  X(onconnect, on_connect)                 \
  X(onOpen, on_connect)                    \
  X(connect, on_connect)                   \
  X(on_mesage, on_message)                 \
  X(on_messages, on_message)               \
  X(on_msg, on_message)                    \
  X(on_text, on_message)                   \
  X(on_json, on_message)                   \
  X(on_receive, on_message)                \
  X(on_recieve, on_message)                \
  X(onMessage, on_message)                 \
  X(onmessage, on_message)                 \
  X(on_bin, on_binary)                     \
  X(on_bytes, on_binary)                   \
  X(on_data, on_binary)                    \
  X(onBinary, on_binary)                   \
  X(on_disconect, on_disconnect)           \
  X(on_diconnect, on_disconnect)           \
  X(on_disconnected, on_disconnect)        \
  X(on_disconnection, on_disconnect)       \
  X(on_close, on_disconnect)               \
  X(on_closed, on_disconnect)              \
  X(onDisconnect, on_disconnect)           \
  X(ondisconnect, on_disconnect)           \
  X(onClose, on_disconnect)                \
  X(may_join, can_join)                    \
  X(canJoin, can_join)                     \
  X(can_join_room, can_join)               \
  X(on_joined, on_join)                    \
  X(on_join_room, on_join)                 \
  X(onJoin, on_join)                       \
  X(on_left, on_leave)                     \
  X(on_leave_room, on_leave)               \
  X(onLeave, on_leave)                     \
  X(on_session_expire, on_session_expired) \
  X(on_expired, on_session_expired)        \
  X(on_online, on_user_online)             \
  X(on_user_connected, on_user_online)     \
  X(on_offline, on_user_offline)           \
  X(on_user_disconnected, on_user_offline)

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

}  // namespace microframe::detail
