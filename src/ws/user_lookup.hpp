// UserLookup: the AuthManager asked about the bearer of a fresh token, beside a live connection.
// Threading: its loop.
#pragma once

#include <functional>
#include <optional>

#include "base/slots.hpp"
#include "microframe/authx.hpp"
#include "microframe/task.hpp"
#include "ws/loop_context.hpp"

namespace microframe::ws {

class Endpoint;

class UserLookup {
 public:
  using Told = std::function<void(bool welcome)>;

  // Asks within the limits of a handshake: Limits::authentications_max and Limits::auth_time, past
  // which the bearer is not welcome. `told` is called once, possibly before this returns, unless
  // the loop ends first. The endpoint has an AuthManager, and outlives the loop, as the context.
  static void ask(LoopContext& context, const Endpoint& endpoint, const authx::Claims& claims,
                  Told told);

  UserLookup(LoopContext& context, const Endpoint& endpoint, const authx::Claims& claims,
             base::Slots::Place place, Told told);

 private:
  bool begin();
  static void answered(void* self) { static_cast<UserLookup*>(self)->finish(); }
  void finish();
  void fail(const char* what);
  void tell(bool welcome);

  LoopContext& context_;
  const Endpoint& endpoint_;
  const authx::Claims claims_;
  base::Slots::Place place_;
  Told told_;  // empty once it was called
  Task<std::optional<authx::User>> look_up_;
};

}  // namespace microframe::ws
