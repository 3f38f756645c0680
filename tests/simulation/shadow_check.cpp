// The questions a hub answers from its tables, beside the model's answers.

#include <algorithm>

#include "simulation/names.hpp"
#include "simulation/shadow.hpp"

namespace microframe::simulation {
Names Shadow::members_of(std::string_view room) const {
  Names names;
  for (const Guest* guest : guests_) {
    if (present(*guest) && guest->rooms_.contains(room)) names.push_back(guest->user());
  }
  sort_unique(names);
  return names;
}

Names Shadow::rooms_of_user(std::string_view user) const {
  Names names;
  for (const Guest* guest : guests_) {
    if (guest->user() == user)
      names.insert(names.end(), guest->rooms_.begin(), guest->rooms_.end());
  }
  sort_unique(names);
  return names;
}

std::size_t Shadow::devices_of(std::string_view user) const {
  return static_cast<std::size_t>(
      std::count_if(guests_.begin(), guests_.end(),
                    [&](const Guest* guest) { return present(*guest) && guest->user() == user; }));
}

void Shadow::check_room(std::string_view room) const {
  require_same("room_members", room, hub_.room_members(room), members_of(room));
}

void Shadow::check_user(const std::string& user) const {
  require_same("user_rooms", user, hub_.user_rooms(user), rooms_of_user(user));
  require(hub_.devices(user) == devices_of(user), [&] { return "devices(" + user + ") is wrong"; });
}

void Shadow::check_something() {
  if (random_.percent(50)) return check_room(random_.pick(room_names_));
  check_user(random_.pick(users_));
}

void Shadow::check_everything() const {
  for (const std::string& room : room_names_) check_room(room);
  for (const std::string& user : users_) check_user(user);
  Names connected;
  std::size_t connections = 0;
  for (const Guest* guest : guests_) {
    require_same("rooms_of", guest->user(), hub_.rooms_of(*guest),
                 Names(guest->rooms_.begin(), guest->rooms_.end()));
    if (!present(*guest)) continue;
    ++connections;
    connected.push_back(guest->user());
  }
  sort_unique(connected);
  require_same("users", "", hub_.users(), connected);
  require(hub_.connections() == connections, [] { return "connections() is wrong"; });
  require(hub_.rooms() == rooms_in_use(), [] { return "rooms() is wrong"; });
}

void Shadow::check_nothing_owed() const {
  for (const auto& loop : loops_) require(!loop->waiting(), [] { return "a loop is not at rest"; });
  for (const Guest* guest : guests_) {
    require(guest->owed_.empty(), [&] {
      const auto& owed = guest->owed_.front();
      return "lost: #" + std::to_string(guest->id()) + " never got message " +
             std::to_string(owed.number) + " of #" + std::to_string(owed.sender) +
             (owed.room.empty() ? "" : " to " + owed.room);
    });
  }
}

void Shadow::check_empty() const {
  require(guests_.empty(), [] { return "somebody is still here"; });
  require(hub_.users().empty() && hub_.connections() == 0 && hub_.rooms() == 0,
          [] { return "the hub's tables are not empty at the end"; });
}

}  // namespace microframe::simulation
