// UserQuestion: the AuthManager asked whether the bearer of a good token may come in. It holds one of
// the places of Limits::authentications_max until it is answered. Threading: its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/slots.hpp"
#include "microframe/authx.hpp"
#include "microframe/task.hpp"
#include "ws/identity.hpp"
#include "ws/loop_context.hpp"

namespace microframe::ws {

class Access;

class UserQuestion {
 public:
  enum class Answer : std::uint8_t {
    none_yet,
    welcome,
    unknown,  // the AuthManager does not authorize this user
    failed,   // it threw, which is logged
  };

  // Takes a place.
  // returns: false if there is none.
  bool take_place(LoopContext& context);
  // Asks, where it has an AuthManager. Where the answer is none_yet, answered(self) is
  // called when it has come, unless the loop ends first. Access and claims outlive the question.
  Answer ask(LoopContext& context, const Access& access, const authx::Claims& claims,
             void (*answered)(void*), void* self);
  // The answer that has come. Gives the place back.
  Answer take_answer();
  // Who is welcome. Once.
  AuthorizedUser take_user() { return std::move(user_); }

 private:
  Answer fail(const char* what);

  const Access* access_ = nullptr;
  base::Slots::Place place_;
  Task<std::optional<authx::User>> look_up_;
  AuthorizedUser user_;
};

}  // namespace microframe::ws
