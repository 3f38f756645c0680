// Roster: the guests of a simulated hub, and the questions that the hub answers from its tables,
// answered by looking at each guest.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "simulation/guest.hpp"
#include "simulation/names.hpp"

namespace microframe::simulation {

class Roster {
 public:
  void add(Guest& guest) { guests_.push_back(&guest); }
  void remove(Guest& guest) { std::erase(guests_, &guest); }
  // Those that were added and not removed, oldest first.
  const std::vector<Guest*>& guests() const { return guests_; }

  // Of present guests, each name once, sorted.
  Names users() const;
  Names members_of(std::string_view room) const;
  std::size_t connections() const;
  std::size_t devices_of(std::string_view user) const;
  // Of all guests, because a guest that leaves is still in its rooms.
  Names rooms_of(std::string_view user) const;
  Names rooms() const;

 private:
  std::vector<Guest*> guests_;
};

}  // namespace microframe::simulation
