#include "simulation/roster.hpp"

#include <algorithm>

namespace microframe::simulation {

Names Roster::users() const {
  Names names;
  for (const Guest* guest : guests_) {
    if (guest->is_present()) names.push_back(guest->user());
  }
  sort_unique(names);
  return names;
}

Names Roster::members_of(std::string_view room) const {
  Names names;
  for (const Guest* guest : guests_) {
    if (guest->is_present() && guest->rooms().contains(room)) names.push_back(guest->user());
  }
  sort_unique(names);
  return names;
}

std::size_t Roster::connections() const {
  return static_cast<std::size_t>(std::count_if(
      guests_.begin(), guests_.end(), [](const Guest* guest) { return guest->is_present(); }));
}

std::size_t Roster::devices_of(std::string_view user) const {
  return static_cast<std::size_t>(std::count_if(
      guests_.begin(), guests_.end(),
      [&](const Guest* guest) { return guest->is_present() && guest->user() == user; }));
}

Names Roster::rooms_of(std::string_view user) const {
  Names names;
  for (const Guest* guest : guests_) {
    if (guest->user() == user)
      names.insert(names.end(), guest->rooms().begin(), guest->rooms().end());
  }
  sort_unique(names);
  return names;
}

Names Roster::rooms() const {
  Names names;
  for (const Guest* guest : guests_)
    names.insert(names.end(), guest->rooms().begin(), guest->rooms().end());
  sort_unique(names);
  return names;
}

}  // namespace microframe::simulation
