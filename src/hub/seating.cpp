#include "hub/seating.hpp"

#include <algorithm>

namespace microframe::hub {

std::size_t Seating::expected() const {
  std::size_t sum = 0;
  for (const List& list : lists_) sum += list.expected.load(std::memory_order_relaxed);
  return sum;
}

bool Seating::seat(Member& member, std::uint64_t begun) {
  const auto here = [this](const Member::Seat& seat) { return seat.seating == this; };
  if (std::any_of(member.seats_.begin(), member.seats_.end(), here)) return false;
  auto& [members, expected, latest] = lists_[member.loop()];
  members.push_back(&member);
  try {
    member.seats_.push_back({this, members.size() - 1, begun});
  } catch (...) {
    members.pop_back();
    throw;
  }
  latest = std::max(latest, begun);
  return true;
}

bool Seating::unseat(Member& member) {
  const auto here = [this](const Member::Seat& seat) { return seat.seating == this; };
  const auto seat = std::find_if(member.seats_.begin(), member.seats_.end(), here);
  if (seat == member.seats_.end()) return false;
  auto& members = lists_[member.loop()].members;
  // The last of the list takes the free place.
  Member& last = *members.back();
  std::find_if(last.seats_.begin(), last.seats_.end(), here)->index = seat->index;
  members[seat->index] = &last;
  members.pop_back();
  member.seats_.erase(seat);
  return true;
}

std::uint64_t Seating::begun(const Member& member) const {
  const auto here = [this](const Member::Seat& seat) { return seat.seating == this; };
  return std::find_if(member.seats_.begin(), member.seats_.end(), here)->begun;
}

}  // namespace microframe::hub
