// IdentitySlot: which Identity a device has now. Threading: any; the lock that guards it is one for
// all devices of a loop, and held for moments.
#pragma once

#include <chrono>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/ref.hpp"
#include "microframe/authx/tokens.hpp"
#include "ws/identity.hpp"

namespace microframe::ws {

class IdentitySlot {
 public:
  // mutex: outlives the slot.
  IdentitySlot(std::mutex& mutex, base::Ref<const Identity> first)
      : mutex_(mutex), identity_(std::move(first)) {}

  base::Ref<const Identity> get() const {
    const std::lock_guard lock(mutex_);
    return identity_;
  }
  void set(base::Ref<const Identity> next) {
    const std::lock_guard lock(mutex_);
    std::swap(identity_, next);  // the former is let go outside of the lock
  }
  // A fresh token of the same user has come. If another identity is set meanwhile (the client has
  // come back), that one is prolonged: the former must not come back in its place.
  void prolong(authx::Time expires) {
    base::Ref<const Identity> before;
    base::Ref<const Identity> next;
    do {
      before = get();
      next = before->until(expires);  // outside of the lock: this allocates
    } while (!replace(before, next));
  }

 private:
  // returns: false if `before` is not the identity any more; nothing is changed then.
  bool replace(const base::Ref<const Identity>& before, base::Ref<const Identity>& next) {
    const std::lock_guard lock(mutex_);
    if (identity_.get() != before.get()) return false;
    std::swap(identity_, next);  // the former is let go outside of the lock
    return true;
  }

  std::mutex& mutex_;
  base::Ref<const Identity> identity_;
};

}  // namespace microframe::ws
