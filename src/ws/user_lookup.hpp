// UserLookup: the AuthManager asked about the bearer of a fresh token, beside a live connection.
// Threading: its loop.
#pragma once

#include <functional>
#include <utility>

#include "microframe/authx.hpp"
#include "ws/loop_context.hpp"
#include "ws/user_question.hpp"

namespace microframe::ws {

class Access;

class UserLookup {
 public:
  // user: nullptr: the bearer is not welcome.
  using Told = std::function<void(const AuthorizedUser& user)>;

  // Asks within the limits of a handshake: Limits::authentications_max and Limits::auth_time, past
  // which the bearer is not welcome. `told` is called once, possibly before this returns, unless
  // the loop ends first. The Access has an AuthManager, and outlives the loop, as the context.
  static void ask(LoopContext& context, const Access& access, const authx::Claims& claims,
                  Told told);

  UserLookup(const authx::Claims& claims, Told told) : claims_(claims), told_(std::move(told)) {}

 private:
  static void answered(void* self);
  void tell(UserQuestion::Answer answer);

  const authx::Claims claims_;
  Told told_;  // empty once it was called
  UserQuestion question_;
};

}  // namespace microframe::ws
