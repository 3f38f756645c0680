#include "ws/user_question.hpp"

#include <exception>

#include "base/log.hpp"
#include "microframe/detail/activity.hpp"
#include "ws/endpoint.hpp"

namespace microframe::ws {
namespace {

constexpr char kUnknownException[] = "an exception that is no std::exception";

}  // namespace

bool UserQuestion::take_place(LoopContext& context) {
  place_ = context.registries.admission.authentications().take();
  return static_cast<bool>(place_);
}

UserQuestion::Answer UserQuestion::ask(LoopContext& context, const Endpoint& endpoint,
                                       const authx::Claims& claims, void (*answered)(void*),
                                       void* self) {
  endpoint_ = &endpoint;
  try {
    const detail::ActivitySign::Scope shown(context.loop.activity(),
                                            {"AuthManager", endpoint.path().c_str()});
    look_up_ = endpoint.users()->authorize(claims);
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
    return look_up_.result().has_value() ? Answer::welcome : Answer::unknown;
  } catch (const std::exception& error) {
    return fail(error.what());
  } catch (...) {
    return fail(kUnknownException);
  }
}

UserQuestion::Answer UserQuestion::fail(const char* what) {
  place_ = {};
  base::log::error("the AuthManager threw", {{"endpoint", endpoint_->path()}, {"what", what}});
  return Answer::failed;
}

}  // namespace microframe::ws
