// Callback: a function of the application that takes nothing, whatever its type is. Not for
// applications.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "microframe/task.hpp"

namespace microframe::detail {

// Returns the coroutine that must still run, or an empty Task if the function has already returned.
using Callback = std::function<Task<>()>;

template <class F>
Callback make_callback(F function) {
  static_assert(std::is_invocable_v<F&>, "microframe: the callback must take no arguments");
  using Result = std::invoke_result_t<F&>;
  static_assert(std::is_void_v<Result> || std::is_same_v<Result, Task<>>,
                "microframe: the callback must return void or Task<>");
  return [function = std::move(function)]() mutable -> Task<> {
    if constexpr (std::is_void_v<Result>) {
      function();
      return {};
    } else {
      return function();
    }
  };
}

}  // namespace microframe::detail
