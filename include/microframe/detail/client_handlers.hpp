// The handlers of a Client: an application's functions, which may leave out trailing arguments and
// may return void, Task<> or a reply, as functions of one type per kind. Not for applications.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "microframe/client/events.hpp"
#include "microframe/json.hpp"
#include "microframe/task.hpp"

namespace microframe::detail {

using RoomOffset = std::optional<std::uint64_t>;

// The kinds of handlers. Each returns the coroutine that has still to be run, or an empty Task if
// the handler has already returned.
struct ClientHandlers {
  // Writes a reply, if the handler has one, to the last argument, which outlives the coroutine.
  using Message =
      std::function<Task<>(const Json&, const std::string&, RoomOffset, std::optional<Json>&)>;
  using Binary = std::function<Task<>(std::span<const std::byte>, const std::string&, RoomOffset)>;
  using Presence = std::function<Task<>(const std::string&, const Json&, const Json&)>;
  // For an event that is handed over as it is; a std::string is a text message.
  template <class Event>
  using Of = std::function<Task<>(const Event&)>;

  using Any = std::variant<Message, Binary, Presence, Of<std::string>, Of<ClientStatus>,
                           Of<JoinedRoom>, Of<LeftRoom>, Of<ByeAdvice>, Of<ClientError>>;
};

inline Task<> keep_reply(Task<Json> handler, std::optional<Json>& reply) {
  Json value = co_await handler;
  reply = std::move(value);
}

// Calls a handler.
// returns: what has still to be run.
template <class Call>
Task<> run_handler(Call&& call) {
  using Result = std::invoke_result_t<Call&>;
  static_assert(std::is_void_v<Result> || std::is_same_v<Result, Task<>>,
                "microframe: this handler must return void or Task<>");
  if constexpr (std::is_void_v<Result>) {
    call();
    return {};
  } else {
    return call();
  }
}

template <class Call>
Task<> run_message_handler(Call&& call, std::optional<Json>& reply) {
  using Result = std::invoke_result_t<Call&>;
  if constexpr (std::is_same_v<Result, Task<Json>>) {
    return keep_reply(call(), reply);
  } else if constexpr (std::is_same_v<Result, Json>) {
    reply = call();
    return {};
  } else {
    return run_handler(call);
  }
}

// Calls `handler` with as many of the arguments as it takes, counted from the first.
template <class F, class First, class... Rest>
decltype(auto) call_with_first(F& handler, const First& first, const Rest&... rest) {
  if constexpr (std::is_invocable_v<F&, const First&, const Rest&...>) {
    return handler(first, rest...);
  } else if constexpr (sizeof...(Rest) == 2) {
    const auto& second = std::get<0>(std::tie(rest...));
    return call_with_first(handler, first, second);
  } else {
    static_assert(
        std::is_invocable_v<F&, const First&>,
        "microframe: this handler must take the arguments that client.hpp names, from the first");
    return handler(first);
  }
}

template <class F>
ClientHandlers::Message message_handler(F handler) {
  return [handler = std::move(handler)](const Json& data, const std::string& room,
                                        RoomOffset offset, std::optional<Json>& reply) mutable {
    return run_message_handler(
        [&]() -> decltype(auto) { return call_with_first(handler, data, room, offset); }, reply);
  };
}

template <class F>
ClientHandlers::Binary binary_handler(F handler) {
  return [handler = std::move(handler)](std::span<const std::byte> bytes, const std::string& room,
                                        RoomOffset offset) mutable {
    return run_handler(
        [&]() -> decltype(auto) { return call_with_first(handler, bytes, room, offset); });
  };
}

template <class Event, class F>
ClientHandlers::Of<Event> event_handler(F handler) {
  return [handler = std::move(handler)](const Event& event) mutable {
    return run_handler([&]() -> decltype(auto) { return call_with_first(handler, event); });
  };
}

template <class F>
ClientHandlers::Presence presence_handler(F handler) {
  return [handler = std::move(handler)](const std::string& room, const Json& joins,
                                        const Json& leaves) mutable {
    return run_handler(
        [&]() -> decltype(auto) { return call_with_first(handler, room, joins, leaves); });
  };
}

}  // namespace microframe::detail
