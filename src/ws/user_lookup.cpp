#include "ws/user_lookup.hpp"

#include <memory>
#include <utility>

namespace microframe::ws {

// The loop's timer holds the lookup, so that it ends with the loop at the latest.
void UserLookup::ask(LoopContext& context, const Access& access, const authx::Claims& claims,
                     Told told) {
  const auto asked = std::make_shared<UserLookup>(claims, std::move(told));
  UserQuestion& question = asked->question_;
  if (!question.take_place(context)) return asked->tell(UserQuestion::Answer::failed);
  const auto answer =
      question.ask(context, access, asked->claims_, &UserLookup::answered, asked.get());
  if (answer != UserQuestion::Answer::none_yet) return asked->tell(answer);
  context.loop.after(context.limits().auth_time,
                     [asked] { asked->tell(UserQuestion::Answer::failed); });
}

void UserLookup::answered(void* self) {
  auto& lookup = *static_cast<UserLookup*>(self);
  lookup.tell(lookup.question_.take_answer());
}

void UserLookup::tell(UserQuestion::Answer answer) {
  const Told told = std::exchange(told_, {});
  if (!told) return;
  told(answer == UserQuestion::Answer::welcome ? question_.take_user() : nullptr);
}

}  // namespace microframe::ws
