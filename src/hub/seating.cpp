#include "hub/seating.hpp"

#include <algorithm>
#include <utility>

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
  // What is held back was sent before it came.
  if (!held_back_.empty()) begun = std::max(begun, held_back_[member.loop()].sequence());
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

void Seating::deliver(std::size_t loop, const Delivery& delivery) {
  if (delivery.sequence != 0) {
    for_each_since(loop, delivery.sequence, [&](Member& member) {
      if (delivery.is_for(member)) member.deliver(delivery.frame);
    });
  } else if (delivery.is_for_all()) {
    for_each(loop, [&](Member& member) { member.deliver(delivery.frame); });
  } else {
    for_each(loop, [&](Member& member) {
      if (delivery.is_for(member)) member.deliver(delivery.frame);
    });
  }
}

Seating::Held Seating::hold_back(std::size_t loop, Delivery delivery) {
  HeldBack& held = held_back_[loop];
  held.push(std::move(delivery));
  if (held.full()) return Held::full;
  return std::exchange(held.timed, true) ? Held::more : Held::first;
}

// Member by member, so that each is fetched once for all of them.
void Seating::release(std::size_t loop, bool window_ends) {
  HeldBack& held = held_back_[loop];
  if (window_ends) held.timed = false;
  const std::vector<Delivery> deliveries = held.take();
  if (deliveries.empty()) return;
  const bool all_have_begun = lists_[loop].latest < deliveries.front().sequence;
  for_each(loop, [&](Member& member) {
    const std::uint64_t heard = all_have_begun ? 0 : begun(member);
    for (const Delivery& delivery : deliveries) {
      if (heard < delivery.sequence && delivery.is_for(member)) member.deliver(delivery.frame);
    }
  });
}

void Seating::catch_up(Member& member) {
  if (held_back_.empty()) return;
  for (Member::Seat& seat : member.seats_) {
    if (seat.seating == this) return catch_up(member, seat);
  }
}

void Seating::catch_up_everywhere(Member& member) {
  for (Member::Seat& seat : member.seats_) {
    if (!seat.seating->held_back_.empty()) seat.seating->catch_up(member, seat);
  }
}

void Seating::catch_up(Member& member, Member::Seat& seat) {
  const HeldBack& held = held_back_[member.loop()];
  for (const Delivery& delivery : held.deliveries()) {
    if (seat.begun < delivery.sequence && delivery.is_for(member)) member.deliver(delivery.frame);
  }
  std::uint64_t& latest = lists_[member.loop()].latest;
  seat.begun = std::max(seat.begun, held.sequence());
  latest = std::max(latest, seat.begun);
}

std::uint64_t Seating::begun(const Member& member) const {
  const auto here = [this](const Member::Seat& seat) { return seat.seating == this; };
  return std::find_if(member.seats_.begin(), member.seats_.end(), here)->begun;
}

}  // namespace microframe::hub
