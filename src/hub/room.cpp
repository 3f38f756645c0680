#include "hub/room.hpp"

#include <optional>
#include <utility>

namespace microframe::hub {

bool Room::publish(const Seal& seal, Exclusion& exclusion, std::uint64_t id) {
  Delivery delivery(seal.encode(std::nullopt), std::move(exclusion));
  delivery.mark.id = id;
  seating_.send(delivery);
  return true;
}

Joined Room::joined(bool entered, const JoinWish* wish) const {
  Joined found;
  found.room = name_;
  found.entered = entered;
  if (wish) found.request = wish->request;
  if (wish && wish->since) found.recovered = false;
  return found;
}

void Room::seat(Receiver& member, const JoinWish* wish) {
  const bool entered = seating_.seat(member);
  if (!entered && !wish) return;
  try {
    if (!entered) seating_.catch_up(member);  // before the member is told how far it has heard
    member.joined(joined(entered, wish));
  } catch (...) {
    if (entered) seating_.unseat(member);
    throw;
  }
}

void Room::unseat(Receiver& member) {
  if (!seating_.unseat(member)) return stop_waiting(member);
  member.left(name_);
}

Room::Heard Room::depart(Receiver& member, bool /*goes_on*/) {
  seating_.catch_up(member);
  if (!seating_.unseat(member)) end_wait(member);
  return {};
}

void Room::arrive_from(Receiver& member, const Since* heard) {
  if (!heard) return;
  JoinWish wish;
  wish.since = *heard;
  member.joined(joined(false, &wish));
}

// A client expects its join to be answered before its leave.
void Room::stop_waiting(Receiver& member) {
  if (end_wait(member)) member.left(name_);
}

bool Room::end_wait(Receiver& member) {
  bool waited = false;
  while (const auto waiting = opening_ ? opening_->take(member) : std::nullopt) {
    member.joined(joined(!std::exchange(waited, true), &waiting->wish));
  }
  return waited;
}

}  // namespace microframe::hub
