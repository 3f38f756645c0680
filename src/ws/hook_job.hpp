// HookJob: what waits for its turn with a connection's hooks, because a hook is still under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

#include "microframe/detail/hooks.hpp"
#include "v1/client_frame.hpp"

namespace microframe::ws {

// on_join or on_leave.
struct RoomHook {
  detail::Hooks::RoomEvent hook = nullptr;
  const char* name = nullptr;  // a literal, for the log
};

// A message of a plain client.
struct PlainMessage {
  bool binary;
  std::string payload;
};
// A message of microframe.v1.
struct SessionMessage {
  v1::ClientFrame frame;
  std::size_t bytes;  // of the frame as it came
};
struct SessionBinary {
  std::uint64_t id;
  std::string content;
  std::string of;  // as v1::HandleBinary has it
};
// A join, a leave or a refresh of microframe.v1.
struct SessionControl {
  v1::ClientFrame frame;
  std::size_t bytes;
};
// The device has entered a room or left one.
struct RoomChange {
  RoomHook hook;
  std::string room;
};

using HookJob =
    std::variant<PlainMessage, SessionMessage, SessionBinary, SessionControl, RoomChange>;

// Whether the peer has sent it: such jobs may be dropped with the stream.
inline bool is_message(const HookJob& job) {
  return !std::holds_alternative<RoomChange>(job);
}

// returns: bytes that it holds while it waits.
inline std::size_t size_of(const HookJob& job) {
  const auto content = [](const auto& one) -> std::size_t {
    using Job = std::remove_cvref_t<decltype(one)>;
    if constexpr (std::is_same_v<Job, PlainMessage>) return one.payload.size();
    if constexpr (std::is_same_v<Job, SessionBinary>) return one.content.size();
    if constexpr (std::is_same_v<Job, RoomChange>) return one.room.size();
    if constexpr (requires { one.bytes; }) return one.bytes;
  };
  return std::visit(content, job) + sizeof(HookJob);
}

}  // namespace microframe::ws
