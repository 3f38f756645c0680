#include "hub/seating.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace microframe::hub {

Seating::Seating(const std::vector<LoopPort*>& loops, std::chrono::milliseconds window,
                 const base::RefCounted& owner)
    : loops_(loops),
      owner_(&owner),
      lists_(loops.size()),
      window_(window.count() == 0
                  ? nullptr
                  : std::make_unique<Window>(window, std::vector<HeldBack>(loops.size()))) {}

// --- who is counted, and seated ---

std::size_t Seating::expected() const {
  std::size_t sum = 0;
  for (const List& list : lists_) sum += list.expected.load(std::memory_order_relaxed);
  return sum;
}

void Seating::expect(const Receiver& receiver) {
  List& list = lists_[receiver.loop()];
  list.expected.fetch_add(1, std::memory_order_relaxed);
  if (receiver.has_session()) list.expected_sessions.fetch_add(1, std::memory_order_relaxed);
}

void Seating::expect_no_more(const Receiver& receiver) {
  List& list = lists_[receiver.loop()];
  list.expected.fetch_sub(1, std::memory_order_relaxed);
  if (receiver.has_session()) list.expected_sessions.fetch_sub(1, std::memory_order_relaxed);
}

bool Seating::expects_sessions() const {
  return std::any_of(lists_.begin(), lists_.end(), [](const List& list) {
    return list.expected_sessions.load(std::memory_order_relaxed) != 0;
  });
}

Receiver::Seat* Seating::seat_of(Receiver& receiver) const {
  for (Receiver::Seat& seat : receiver.seats()) {
    if (seat.seating == this) return &seat;
  }
  return nullptr;
}

bool Seating::seat(Receiver& receiver, std::uint64_t begun) {
  if (seat_of(receiver)) return false;
  List& list = lists_[receiver.loop()];
  const std::size_t index = list.receivers.size();
  // What waits was sent before the receiver came.
  if (window_) begun = std::max(begun, window_->held[receiver.loop()].sequence());
  if (begun != 0 || window_) list.begun.resize(index + 1);
  list.receivers.push_back(&receiver);
  try {
    receiver.seats().push_back({this, static_cast<std::uint32_t>(index)});
  } catch (...) {
    list.receivers.pop_back();
    throw;
  }
  if (!list.begun.empty()) list.begun[index] = begun;
  list.latest = std::max(list.latest, begun);
  if (receiver.has_session()) swap_places(list, index, list.sessions++);
  return true;
}

bool Seating::unseat(Receiver& receiver) {
  Receiver::Seat* const seat = seat_of(receiver);
  if (!seat) return false;
  List& list = lists_[receiver.loop()];
  // The last session takes the free place, and the last of all the last session's.
  if (seat->index < list.sessions) swap_places(list, seat->index, --list.sessions);
  swap_places(list, seat->index, list.receivers.size() - 1);
  list.receivers.pop_back();
  if (!list.begun.empty()) list.begun.pop_back();
  receiver.seats().erase(seat);
  return true;
}

void Seating::swap_places(List& list, std::size_t one, std::size_t other) {
  if (one == other) return;
  std::swap(list.receivers[one], list.receivers[other]);
  if (!list.begun.empty()) std::swap(list.begun[one], list.begun[other]);
  seat_of(*list.receivers[one])->index = static_cast<std::uint32_t>(one);
  seat_of(*list.receivers[other])->index = static_cast<std::uint32_t>(other);
}

// --- deliveries ---

void Seating::send(const Delivery& delivery) {
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    if (loops_[loop]->is_current()) {
      deliver(loop, delivery);
    } else if (expects_anyone_on(loop, delivery.audience)) {
      loops_[loop]->post(
          [this, loop, keep = owner(), own = delivery]() mutable { deliver_posted(loop, own); });
    }
  }
}

void Seating::deliver_posted(std::size_t loop, Delivery& delivery) {
  delivery.part_from_others(lists_[loop].receivers.size());
  deliver(loop, delivery);
}

void Seating::deliver(std::size_t loop, const Delivery& delivery) {
  if (!window_) return deliver_now(loop, delivery);
  HeldBack& held = window_->held[loop];
  bool is_held = false;
  try {
    held.push(delivery);
    is_held = true;
    if (held.full()) return release(loop);
    if (std::exchange(held.timed, true)) return;
    loops_[loop]->after(window_->length, [this, loop, keep = owner()] {
      window_->held[loop].timed = false;
      release(loop);
    });
  } catch (const std::bad_alloc&) {
    if (is_held) held.timed = false;
    release(loop);
    if (!is_held) deliver_now(loop, delivery);
  }
}

void Seating::deliver_now(std::size_t loop, const Delivery& delivery) {
  const List& list = lists_[loop];
  const std::size_t count = count_of(list, delivery.audience);
  const bool all_have_begun = delivery.sequence == 0 || list.latest < delivery.sequence;
  if (all_have_begun && delivery.exclusion.empty() && !delivery.mark)
    return for_each(list, count,
                    [&](Receiver& receiver, std::size_t) { receiver.deliver(delivery.frame); });
  for_each(list, count, [&](Receiver& receiver, std::size_t i) {
    if (!all_have_begun && list.begun[i] >= delivery.sequence) return;
    if (!delivery.exclusion.covers(receiver)) delivery.give(receiver);
  });
}

// Delivers all that waits, receiver by receiver, so that each is fetched once for all deliveries.
void Seating::release(std::size_t loop) {
  const std::vector<Delivery> deliveries = window_->held[loop].take();
  if (deliveries.empty()) return;
  const List& list = lists_[loop];
  const auto for_sessions = [](const Delivery& one) { return one.audience == Audience::sessions; };
  const bool all_for_sessions = std::all_of(deliveries.begin(), deliveries.end(), for_sessions);
  const std::size_t count = count_of(list, all_for_sessions ? Audience::sessions : Audience::all);
  const bool all_have_begun = list.latest < deliveries.front().sequence;
  for_each(list, count, [&](Receiver& receiver, std::size_t i) {
    const std::uint64_t heard = all_have_begun ? 0 : list.begun[i];
    for (const Delivery& delivery : deliveries) {
      if (heard < delivery.sequence && delivery.is_for(receiver)) delivery.give(receiver);
    }
  });
}

void Seating::catch_up(Receiver& receiver) {
  if (!window_) return;
  if (const Receiver::Seat* seat = seat_of(receiver)) catch_up(receiver, *seat);
}

void Seating::catch_up_everywhere(Receiver& receiver) {
  for (const Receiver::Seat& seat : receiver.seats()) {
    if (seat.seating->window_) seat.seating->catch_up(receiver, seat);
  }
}

void Seating::catch_up(Receiver& receiver, const Receiver::Seat& seat) {
  const HeldBack& held = window_->held[receiver.loop()];
  List& list = lists_[receiver.loop()];
  std::uint64_t& begun = list.begun[seat.index];
  for (const Delivery& delivery : held.deliveries()) {
    if (begun < delivery.sequence && delivery.is_for(receiver)) delivery.give(receiver);
  }
  begun = std::max(begun, held.sequence());
  list.latest = std::max(list.latest, begun);
}

}  // namespace microframe::hub
