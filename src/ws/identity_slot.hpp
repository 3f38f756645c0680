// IdentitySlot: which Identity a device has now. Threading: any; the lock that guards it is one for
// all devices of a loop, held for moments, and the same in each call.
#pragma once

#include <mutex>
#include <utility>

#include "base/ref.hpp"
#include "microframe/authx/tokens.hpp"
#include "ws/identity.hpp"

namespace microframe::ws {

class IdentitySlot {
 public:
  explicit IdentitySlot(base::Ref<const Identity> first) : identity_(std::move(first)) {}

  base::Ref<const Identity> get(std::mutex& mutex) const {
    const std::lock_guard lock(mutex);
    return identity_;
  }
  void set(std::mutex& mutex, base::Ref<const Identity> next) {
    const std::lock_guard lock(mutex);
    std::swap(identity_, next);  // the former is let go outside of the lock
  }
  // A fresh token of the same user has come, who has been authorized by it. If another identity is set meanwhile (the client has
  // come back), that one takes both: the former must not come back in its place.
  void renew(std::mutex& mutex, const authx::Claims& claims, const AuthorizedUser& user) {
    base::Ref<const Identity> before;
    base::Ref<const Identity> next;
    do {
      before = get(mutex);
      next = before->with(claims, user);  // outside of the lock: this allocates
    } while (!replace(mutex, before, next));
  }

 private:
  // returns: false if `before` is not the identity any more; nothing is changed then.
  bool replace(std::mutex& mutex, const base::Ref<const Identity>& before,
               base::Ref<const Identity>& next) {
    const std::lock_guard lock(mutex);
    if (identity_.get() != before.get()) return false;
    std::swap(identity_, next);  // the former is let go outside of the lock
    return true;
  }

  base::Ref<const Identity> identity_;
};

}  // namespace microframe::ws
