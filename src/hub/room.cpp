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

// A client expects its joins to be answered before its leave.
void Room::unseat(Receiver& member) {
  const bool was_seated = seating_.unseat(member);
  if (end_wait(member, was_seated) || was_seated) member.left(name_);
}

Room::Heard Room::depart(Receiver& member, bool /*goes_on*/) {
  seating_.catch_up(member);
  end_wait(member, seating_.unseat(member));
  return {};
}

void Room::arrive_from(Receiver& member, const Since* heard) {
  if (!heard) return;
  JoinWish wish;
  wish.since = *heard;
  member.joined(joined(false, &wish));
}

bool Room::end_wait(Receiver& member, bool was_seated) {
  bool waited = false;
  while (const auto waiting = opening_ ? opening_->take(member) : std::nullopt) {
    member.joined(joined(!was_seated && !waited, &waiting->wish));
    waited = true;
  }
  return waited;
}

}  // namespace microframe::hub
