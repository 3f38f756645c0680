#include "hub/ordered_room.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/to_ms.hpp"

namespace microframe::hub {

using base::Frame;
using base::Lock;

OrderedRoom::OrderedRoom(std::string name, const std::vector<LoopPort*>& loops,
                         const RoomPolicy& policy, Surroundings& surroundings, Keeper keeper)
    : Room(std::move(name), loops, policy.coalesce),
      loops_(loops),
      surroundings_(surroundings),
      policy_(policy),
      keeper_(keeper),
      pending_(loops.size()),
      given_(loops.size()) {
  const Lock lock(order_);
  if (policy.keeps_history())
    begin_history(keeper == Keeper::room ? surroundings.new_epoch() : std::string(), 0);
  if (policy.presence) presence_.emplace();
}

void OrderedRoom::begin_history(std::string epoch, std::uint64_t last) {
  history_.emplace(std::move(epoch), policy_.history_max, policy_.history_bytes_max,
                   policy_.history_age, last);
}

// --- out ---

std::optional<std::uint64_t> OrderedRoom::expected_offset() {
  if (!keeps_messages()) return std::nullopt;
  const Lock lock(order_);
  return history_->next_offset();
}

bool OrderedRoom::publish(const Seal& seal, Exclusion& exclusion, std::uint64_t id) {
  const std::optional<std::uint64_t> expected = expected_offset();
  Frame frame = seal.encode(expected);
  HiddenFrom hidden;
  if (expected) {
    hidden.users = exclusion.users;
    if (exclusion.device) hidden.session = exclusion.device->session();
  }
  {
    const Lock lock(order_);
    if (forgotten_) return false;
    if (expected) {
      const std::uint64_t offset = history_->next_offset();
      if (offset != *expected) seal.renumber(frame, offset);
      keep(frame, std::move(hidden), {});
    }
    hand_out(std::move(frame), std::move(exclusion), Audience::all, {id, 0});
  }
  base::ByteBudget* const budget = surroundings_.history_budget();
  if (expected && budget) budget->shed();
  return true;
}

void OrderedRoom::keep(const Frame& frame, HiddenFrom hidden, std::chrono::milliseconds age) {
  const std::uint64_t now_ms = surroundings_.now_ms();
  history_->expire(now_ms);
  history_->add(frame, std::move(hidden), now_ms - std::min(now_ms, base::to_ms(age)));
  note_history(true);
}

void OrderedRoom::expire_history() {
  if (!history_) return;
  history_->expire(surroundings_.now_ms());
  note_history(false);
}

void OrderedRoom::note_history(bool written) {
  if (base::ByteBudget* const budget = surroundings_.history_budget())
    budget->note(*this, history_->bytes(), written);
}

void OrderedRoom::give_up_bytes() {
  const Lock lock(order_);
  history_->clear();
  note_history(false);
}

void OrderedRoom::hand_out(Frame frame, Exclusion exclusion, Audience audience, Mark mark) {
  Delivery delivery(std::move(frame), std::move(exclusion), audience, ++sequence_);
  delivery.mark = mark;
  // To this loop last, where no memory is needed: without memory to tell the others, nobody here is
  // told either.
  std::optional<std::size_t> here;
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    if (loops_[loop]->is_current() && pending_[loop] == 0) {
      here = loop;
    } else if (seating().expects_anyone_on(loop, audience)) {
      ++pending_[loop];
      try {
        loops_[loop]->post_behind([self = base::Ref<OrderedRoom>(this), loop,
                                   own = delivery]() mutable { self->arrive(loop, own); });
      } catch (...) {
        --pending_[loop];
        throw;
      }
    }
  }
  if (!here) return;
  if (mark.offset != 0) given_[*here] = mark.offset;
  seating().deliver(*here, delivery);
}

void OrderedRoom::arrive(std::size_t loop, Delivery& delivery) {
  seating().deliver_posted(loop, delivery);
  const Lock lock(order_);
  if (delivery.mark.offset != 0) given_[loop] = delivery.mark.offset;
  --pending_[loop];
}

void OrderedRoom::tell_presence(const Presence::Users& joins, const Presence::Users& leaves) {
  if (!seating().expects_sessions()) {
    ++sequence_;
    return;
  }
  hand_out(surroundings_.presence_frame(name(), joins, leaves), {}, Audience::sessions);
}

// --- who is in it ---

void OrderedRoom::seat(Receiver& member, const JoinWish* wish) {
  const Lock lock(order_);
  // What is handed out next, the member's own coming, is not for the member.
  const bool entered = seating().seat(member, sequence_ + 1);
  if (history_ && pending_[member.loop()] == 0) given_[member.loop()] = history_->offset();
  if (!entered && !wish) return;
  try {
    if (entered) {
      note_coming(member);
    } else {
      seating().catch_up(member);  // before the member is told how far it has heard
    }
    welcome(member, entered, wish);
  } catch (...) {
    if (entered) {
      seating().unseat(member);
      note_going(member);
    }
    throw;
  }
}

void OrderedRoom::unseat(Receiver& member) {
  const bool was_seated = seating().unseat(member);
  const bool waited = end_wait(member, was_seated);
  if (was_seated) {
    const Lock lock(order_);
    note_going(member);
  }
  if (was_seated || waited) member.left(name());
}

Room::Heard OrderedRoom::depart(Receiver& member, bool goes_on) {
  seating().catch_up(member);
  const bool was_seated = seating().unseat(member);
  end_wait(member, was_seated);
  if (!was_seated) return {};
  const Lock lock(order_);
  Heard heard;
  if (history_) {
    const std::size_t loop = member.loop();
    heard = {history_->epoch(), pending_[loop] == 0 ? history_->offset() : given_[loop]};
  }
  if (!goes_on) note_going(member);
  return heard;
}

// What is under way to the member's loop is in the copy of the log already, which is replayed.
void OrderedRoom::arrive_from(Receiver& member, const Since* heard) {
  JoinWish wish;
  const Lock lock(order_);
  if (history_) {
    seating().catch_up(member);
    if (seating().unseat(member)) seating().seat(member, sequence_);
    wish.since = Since();
  }
  if (heard) wish.since = *heard;
  welcome(member, false, wish.since ? &wish : nullptr);
}

void OrderedRoom::note_coming(const Receiver& member) {
  const std::string device = member.device();
  if (!presence_ || !presence_->add(member.user(), device)) {
    ++sequence_;
    return;
  }
  Presence::Users joins;
  joins[member.user()].push_back({device, *presence_->meta(member.user(), device)});
  tell_presence(joins, {});
}

// Needs no memory: without memory nobody is told, and whoever joins later sees the presence as it
// is.
void OrderedRoom::note_going(const Receiver& member) {
  if (!presence_) return;
  const std::string device = member.device();
  const Json* meta = presence_->meta(member.user(), device);
  if (!meta) return;
  try {
    Presence::Users leaves;
    leaves[member.user()].push_back({device, *meta});
    presence_->remove(member.user(), device);
    tell_presence({}, leaves);
  } catch (const std::bad_alloc&) {
    presence_->remove(member.user(), device);
  }
}

void OrderedRoom::welcome(Receiver& member, bool entered, const JoinWish* wish) {
  Joined found = joined(entered, wish);
  std::vector<Frame> missed;
  if (history_) {
    expire_history();
    found.epoch = history_->epoch();
    found.offset = history_->offset();
    std::optional<std::vector<Frame>> after;
    if (wish && wish->since) {
      after = history_->after(*wish->since, wish->latest, member.user(), member.session());
      found.recovered = after.has_value();
    }
    if (after) {
      missed = std::move(*after);
    } else if (wish) {
      missed =
          history_->latest(wish->latest, wish->waits_since_ms, member.user(), member.session());
    }
    found.missed = &missed;
  }
  if (presence_) found.presence = &presence_->users();
  member.joined(found);
}

bool OrderedRoom::set_presence(const Receiver& member, const Json& meta) {
  const std::string device = member.device();
  const Lock lock(order_);
  if (!presence_ || !presence_->meta(member.user(), device)) return false;
  if (!presence_->set_meta(member.user(), device, meta)) return true;
  Presence::Users joins;
  joins[member.user()].push_back({device, meta});
  tell_presence(joins, {});
  return true;
}

std::optional<Presence::Device> OrderedRoom::seen_of(const Receiver& member) {
  const std::string device = member.device();
  const Lock lock(order_);
  const Json* const meta = presence_ ? presence_->meta(member.user(), device) : nullptr;
  if (!meta) return std::nullopt;
  return Presence::Device{device, *meta};
}

// --- from other nodes ---

void OrderedRoom::arrived(const Presence::Users& joins, const Presence::Users& leaves) {
  const Lock lock(order_);
  if (!presence_) return;
  const Presence::Users gone = take_out(leaves);
  const Presence::Users come = put_in(joins);
  if (!come.empty() || !gone.empty()) tell_presence(come, gone);
}

// returns: those that were not there, or not so: a device that moves is there on two nodes for a moment.
Presence::Users OrderedRoom::put_in(const Presence::Users& joins) {
  Presence::Users come;
  for (const auto& [user, devices] : joins) {
    for (const Presence::Device& device : devices) {
      const bool is_new = presence_->add(user, device.id);
      if (presence_->set_meta(user, device.id, device.meta) || is_new) come[user].push_back(device);
    }
  }
  return come;
}

// returns: those that were there.
Presence::Users OrderedRoom::take_out(const Presence::Users& leaves) {
  Presence::Users gone;
  for (const auto& [user, devices] : leaves) {
    for (const Presence::Device& device : devices) {
      if (presence_->remove(user, device.id)) gone[user].push_back(device);
    }
  }
  return gone;
}

void OrderedRoom::appended(Logged&& message) {
  {
    const Lock lock(order_);
    if (forgotten_ || !history_ || message.offset != history_->next_offset()) return;
    Exclusion exclusion;
    exclusion.users = message.hidden.users;
    exclusion.session = message.hidden.session;
    keep(message.frame, std::move(message.hidden), message.age);
    hand_out(std::move(message.frame), std::move(exclusion), Audience::all, {0, message.offset});
  }
  if (base::ByteBudget* const budget = surroundings_.history_budget()) budget->shed();
}

void OrderedRoom::log_moved(const std::string& epoch, std::uint64_t last) {
  const Lock lock(order_);
  if (forgotten_ || !history_) return;
  begin_history(epoch, last);
  note_history(false);
  if (!seating().expects_sessions()) {
    ++sequence_;
    return;
  }
  hand_out(surroundings_.moved_frame(name(), history_->epoch(), last), {}, Audience::sessions);
}

// --- what is kept ---

std::vector<History::Entry> OrderedRoom::history(std::uint64_t since, std::size_t limit) {
  const Lock lock(order_);
  if (!history_) return {};
  expire_history();
  return history_->entries_after(since, limit);
}

Presence::Users OrderedRoom::presence() {
  const Lock lock(order_);
  return presence_ ? presence_->users() : Presence::Users{};
}

void OrderedRoom::expire() {
  const Lock lock(order_);
  expire_history();
}

bool OrderedRoom::forget() {
  const Lock lock(order_);
  if (history_ && keeper_ == Keeper::log) {
    history_->clear();
    note_history(false);
  }
  forgotten_ = !history_ || history_->empty();
  return forgotten_;
}

}  // namespace microframe::hub
