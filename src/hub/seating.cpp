#include "hub/seating.hpp"

#include <algorithm>
#include <utility>

namespace microframe::hub {

std::size_t Seating::expected() const {
  std::size_t sum = 0;
  for (const List& list : lists_) sum += list.expected.load(std::memory_order_relaxed);
  return sum;
}

void Seating::expect(const Member& member) {
  List& list = lists_[member.loop()];
  list.expected.fetch_add(1, std::memory_order_relaxed);
  if (member.has_session()) list.expected_sessions.fetch_add(1, std::memory_order_relaxed);
}

void Seating::expect_no_more(const Member& member) {
  List& list = lists_[member.loop()];
  list.expected.fetch_sub(1, std::memory_order_relaxed);
  if (member.has_session()) list.expected_sessions.fetch_sub(1, std::memory_order_relaxed);
}

bool Seating::expects_sessions() const {
  return std::any_of(lists_.begin(), lists_.end(), [](const List& list) {
    return list.expected_sessions.load(std::memory_order_relaxed) != 0;
  });
}

Member::Seat* Seating::seat_of(Member& member) const {
  for (Member::Seat& seat : member.seats_) {
    if (seat.seating == this) return &seat;
  }
  return nullptr;
}

bool Seating::seat(Member& member, std::uint64_t begun) {
  if (seat_of(member)) return false;
  List& list = lists_[member.loop()];
  const std::size_t index = list.members.size();
  // What is held back was sent before it came.
  if (!held_back_.empty()) begun = std::max(begun, held_back_[member.loop()].sequence());
  if (begun != 0 || !held_back_.empty()) list.begun.resize(index + 1);
  list.members.push_back(&member);
  try {
    member.seats_.push_back({this, static_cast<std::uint32_t>(index)});
  } catch (...) {
    list.members.pop_back();
    throw;
  }
  if (!list.begun.empty()) list.begun[index] = begun;
  list.latest = std::max(list.latest, begun);
  if (member.has_session()) swap_places(list, index, list.sessions++);
  return true;
}

bool Seating::unseat(Member& member) {
  Member::Seat* const seat = seat_of(member);
  if (!seat) return false;
  List& list = lists_[member.loop()];
  // The last session takes the free place, and the last of all the last session's.
  if (seat->index < list.sessions) swap_places(list, seat->index, --list.sessions);
  swap_places(list, seat->index, list.members.size() - 1);
  list.members.pop_back();
  if (!list.begun.empty()) list.begun.pop_back();
  member.seats_.erase(seat);
  return true;
}

void Seating::swap_places(List& list, std::size_t one, std::size_t other) {
  if (one == other) return;
  std::swap(list.members[one], list.members[other]);
  if (!list.begun.empty()) std::swap(list.begun[one], list.begun[other]);
  seat_of(*list.members[one])->index = static_cast<std::uint32_t>(one);
  seat_of(*list.members[other])->index = static_cast<std::uint32_t>(other);
}

void Seating::deliver(std::size_t loop, const Delivery& delivery) {
  const List& list = lists_[loop];
  const std::size_t count = count_of(list, delivery.audience);
  const bool all_have_begun = delivery.sequence == 0 || list.latest < delivery.sequence;
  if (all_have_begun && delivery.exclusion.empty())
    return for_each(list, count,
                    [&](Member& member, std::size_t) { member.deliver(delivery.frame); });
  for_each(list, count, [&](Member& member, std::size_t i) {
    if (!all_have_begun && list.begun[i] >= delivery.sequence) return;
    if (!delivery.exclusion.covers(member)) member.deliver(delivery.frame);
  });
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
  const List& list = lists_[loop];
  const auto for_sessions = [](const Delivery& one) { return one.audience == Audience::sessions; };
  const bool all_for_sessions = std::all_of(deliveries.begin(), deliveries.end(), for_sessions);
  const std::size_t count = count_of(list, all_for_sessions ? Audience::sessions : Audience::all);
  const bool all_have_begun = list.latest < deliveries.front().sequence;
  for_each(list, count, [&](Member& member, std::size_t i) {
    const std::uint64_t heard = all_have_begun ? 0 : list.begun[i];
    for (const Delivery& delivery : deliveries) {
      if (heard < delivery.sequence && delivery.is_for(member)) member.deliver(delivery.frame);
    }
  });
}

void Seating::catch_up(Member& member) {
  if (held_back_.empty()) return;
  if (const Member::Seat* seat = seat_of(member)) catch_up(member, *seat);
}

void Seating::catch_up_everywhere(Member& member) {
  for (const Member::Seat& seat : member.seats_) {
    if (!seat.seating->held_back_.empty()) seat.seating->catch_up(member, seat);
  }
}

void Seating::catch_up(Member& member, const Member::Seat& seat) {
  const HeldBack& held = held_back_[member.loop()];
  List& list = lists_[member.loop()];
  std::uint64_t& begun = list.begun[seat.index];
  for (const Delivery& delivery : held.deliveries()) {
    if (begun < delivery.sequence && delivery.is_for(member)) member.deliver(delivery.frame);
  }
  begun = std::max(begun, held.sequence());
  list.latest = std::max(list.latest, begun);
}

}  // namespace microframe::hub
