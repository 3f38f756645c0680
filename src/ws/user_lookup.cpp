#include "ws/user_lookup.hpp"

#include <exception>
#include <memory>
#include <utility>

#include "base/log.hpp"
#include "microframe/detail/activity.hpp"
#include "ws/endpoint.hpp"

namespace microframe::ws {

// The loop's timer holds the lookup, so that it ends with the loop at the latest.
void UserLookup::ask(LoopContext& context, const Endpoint& endpoint, const authx::Claims& claims,
                     Told told) {
  auto place = context.registries.admission.authentications().take();
  if (!place) return told(false);
  const auto asked =
      std::make_shared<UserLookup>(context, endpoint, claims, std::move(place), std::move(told));
  if (asked->begin()) return;
  context.loop.after(context.limits().auth_time, [asked] { asked->tell(false); });
}

UserLookup::UserLookup(LoopContext& context, const Endpoint& endpoint, const authx::Claims& claims,
                       base::Slots::Place place, Told told)
    : context_(context),
      endpoint_(endpoint),
      claims_(claims),
      place_(std::move(place)),
      told_(std::move(told)) {}

// returns: whether it has been answered already.
bool UserLookup::begin() {
  try {
    const detail::ActivitySign::Scope shown(context_.loop.activity(),
                                            {"AuthManager", endpoint_.path().c_str()});
    look_up_ = endpoint_.users()->authorize(claims_);
    if (!look_up_.start(&UserLookup::answered, this)) return false;
  } catch (const std::exception& error) {
    fail(error.what());
    return true;
  } catch (...) {
    fail("an exception that is no std::exception");
    return true;
  }
  finish();
  return true;
}

void UserLookup::finish() {
  bool welcome = false;
  try {
    welcome = look_up_.result().has_value();
  } catch (const std::exception& error) {
    return fail(error.what());
  } catch (...) {
    return fail("an exception that is no std::exception");
  }
  tell(welcome);
}

void UserLookup::fail(const char* what) {
  base::log::error("the AuthManager threw", {{"endpoint", endpoint_.path()}, {"what", what}});
  tell(false);
}

void UserLookup::tell(bool welcome) {
  place_ = {};
  if (const Told told = std::exchange(told_, {})) told(welcome);
}

}  // namespace microframe::ws
