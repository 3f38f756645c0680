#include "hub/seating.hpp"

#include <algorithm>

namespace microframe::hub {

std::size_t Seating::expected() const {
  std::size_t sum = 0;
  for (const List& list : lists_) sum += list.expected.load(std::memory_order_relaxed);
  return sum;
}

void Seating::seat(Member& member) {
  const auto here = [this](const Member::Seat& seat) { return seat.seating == this; };
  if (std::any_of(member.seats_.begin(), member.seats_.end(), here)) return;
  auto& members = lists_[member.loop()].members;
  members.push_back(&member);
  try {
    member.seats_.push_back({this, members.size() - 1});
  } catch (...) {
    members.pop_back();
    throw;
  }
}

void Seating::unseat(Member& member) {
  const auto here = [this](const Member::Seat& seat) { return seat.seating == this; };
  const auto seat = std::find_if(member.seats_.begin(), member.seats_.end(), here);
  if (seat == member.seats_.end()) return;
  auto& members = lists_[member.loop()].members;
  // The last of the list takes the free place.
  Member& last = *members.back();
  std::find_if(last.seats_.begin(), last.seats_.end(), here)->index = seat->index;
  members[seat->index] = &last;
  members.pop_back();
  member.seats_.erase(seat);
}

}  // namespace microframe::hub
