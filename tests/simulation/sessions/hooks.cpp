#include "simulation/sessions/hooks.hpp"

#include <cstdint>
#include <utility>

namespace microframe::simulation::sessions {
namespace {

std::string_view member(const Json& message, std::string_view name) {
  const Json* value = message.as_object().if_contains(name);
  return value ? std::string_view(value->as_string()) : std::string_view{};
}

}  // namespace

void Hooks::on_connect() {
  ++connects_;
  if (scene_.random.percent(15)) scene_.hub.join(owner_, scene_.random.pick(House::rooms()));
}

Hooks::Outcome Hooks::on_message(const Json& message) {
  const auto number = message.at("n").to_number<unsigned>();
  if (number != 0) {
    scene_.trace([&] { return name() + " handles " + std::to_string(number); });
    scene_.ledger.handle(number);
    require(number > last_handled_,
            [&] { return std::to_string(number) + " is handled out of order"; });
    last_handled_ = number;
  }
  const std::string_view verb = member(message, "do");
  const std::string room(member(message, "room"));
  if (verb == "say") {
    const std::string_view whom = member(message, "not");
    Annals::Entry entry;
    entry.room = room;
    if (whom != "me") entry.not_user = whom;
    scene_.publish(std::move(entry), whom == "me" ? &owner_ : nullptr);
  } else if (verb == "meta") {
    scene_.hub.set_presence(owner_, room, Json{{"n", number}});
  } else if (verb == "in") {
    scene_.hub.join(owner_, room);
  } else if (verb == "out") {
    scene_.hub.leave(owner_, room);
  } else if (verb == "fail") {
    return Outcome::failed;
  }
  return verb == "err" ? Outcome::bad : Outcome::done;
}

void Hooks::on_join(const hub::Joined& joined) {
  const bool first = entered_.emplace(joined.room).second;
  require(first == joined.entered,
          [&] { return name() + ": on_join twice for " + std::string(joined.room); });
}

void Hooks::on_leave(std::string_view room) {
  const auto entered = entered_.find(room);
  require(entered != entered_.end(), [&] { return name() + ": on_leave without on_join"; });
  entered_.erase(entered);
}

void Hooks::check_ended(const Course& course) const {
  using Action = Course::Action;
  require(connects_ == disconnects_ && connects_ != 0,
          [&] { return name() + ": on_connect and on_disconnect are no pairs"; });
  require(connects_ == course.count(Action::begin) + course.count(Action::go_on),
          [&] { return name() + ": on_connect"; });
  require(disconnects_ == course.count(Action::leave) + course.count(Action::wait),
          [&] { return name() + ": on_disconnect"; });
  require(expiries_ == course.count(Action::wind_up),
          [&] { return name() + ": on_session_expired"; });
  require(entered_.empty(), [&] { return name() + ": on_join without on_leave"; });
}

}  // namespace microframe::simulation::sessions
