#include "ws/user_question.hpp"

#include <exception>
#include <utility>

#include "base/log.hpp"
#include "microframe/detail/activity.hpp"
#include "ws/access.hpp"

namespace microframe::ws {
namespace {

constexpr char kUnknownException[] = "an exception that is no std::exception";

}  // namespace

bool UserQuestion::take_place(LoopContext& context) {
  place_ = context.registries.admission.authentications().take();
  return static_cast<bool>(place_);
}

UserQuestion::Answer UserQuestion::ask(LoopContext& context, const Access& access,
                                       const authx::Claims& claims, void (*answered)(void*),
                                       void* self) {
  access_ = &access;
  try {
    const detail::ActivitySign::Scope shown(context.loop.activity(),
                                            {"AuthManager", access.path().c_str()});
    look_up_ = access.users()->authorize(claims);
    if (!look_up_.start(answered, self)) return Answer::none_yet;
  } catch (const std::exception& error) {
    return fail(error.what());
  } catch (...) {
    return fail(kUnknownException);
  }
  return take_answer();
}

UserQuestion::Answer UserQuestion::take_answer() {
  place_ = {};
  try {
    std::optional<authx::User> found = look_up_.result();
    if (!found) return Answer::unknown;
    user_ = std::make_shared<const authx::User>(std::move(*found));
    return Answer::welcome;
  } catch (const std::exception& error) {
    return fail(error.what());
  } catch (...) {
    return fail(kUnknownException);
  }
}

UserQuestion::Answer UserQuestion::fail(const char* what) {
  place_ = {};
  base::log::error("the AuthManager threw", {{"endpoint", access_->path()}, {"what", what}});
  return Answer::failed;
}

}  // namespace microframe::ws
