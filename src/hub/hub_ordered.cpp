// The hub's ordered rooms: those that keep their messages or tell who is in them. All that happens
// in one is numbered under its log's order and handed to every loop in that order, so that every
// member sees the same.

#include <algorithm>
#include <mutex>
#include <new>

#include "hub/hub.hpp"

namespace microframe::hub {

using base::Frame;
using base::Ref;

std::unique_ptr<RoomLog> Hub::make_log(const RoomPolicy& policy) {
  if (!policy.is_ordered()) return nullptr;
  auto log = std::make_unique<RoomLog>(loops_.size());
  if (policy.keeps_history())
    log->history.emplace(surroundings_->new_epoch(), policy.history_max, policy.history_age);
  if (policy.presence) log->presence.emplace();
  return log;
}

// A room that keeps its messages keeps those that nobody is there to see.
Hub::Found Hub::find_to_publish(std::string_view name) {
  Found found = find(name);
  const bool named = !name.empty() && name.size() <= limits_.room_name_bytes_max;
  if (found.room || !named || !policy(name).keeps_history()) return found;
  auto& part = stripe(rooms_, name);
  const std::lock_guard lock(part.mutex);
  found.room = find_or_make(part, name);
  return found;
}

Ref<Room> Hub::find_ordered(std::string_view name) const {
  Ref<Room> room = find(name).room;
  return room && room->log() ? room : Ref<Room>{};
}

// --- out ---

bool Hub::publish(const Ref<Room>& room, const Seal& seal, const Exclusion& exclusion) {
  RoomLog& log = *room->log();
  const auto next_offset = [&]() -> std::optional<std::uint64_t> {
    const std::lock_guard lock(log.order);
    if (!log.history) return std::nullopt;
    return log.history->next_offset();
  };
  const std::optional<std::uint64_t> expected = next_offset();
  Frame frame = seal.encode(expected);
  const std::lock_guard lock(log.order);
  if (log.forgotten) return false;
  if (log.history) {
    const std::uint64_t offset = log.history->next_offset();
    if (offset != expected) seal.renumber(frame, offset);
    HiddenFrom hidden;
    hidden.users = exclusion.users;
    if (exclusion.device) hidden.session = exclusion.device->session();
    const std::uint64_t now_ms = surroundings_->now_ms();
    log.history->expire(now_ms);
    log.history->add(frame, std::move(hidden), now_ms);
  }
  hand_out(room, frame, exclusion, Audience::all);
  return true;
}

void Hub::hand_out(const Ref<Room>& room, const Frame& frame, const Exclusion& exclusion,
                   Audience audience) {
  RoomLog& log = *room->log();
  const Delivery delivery(frame, exclusion, audience, ++log.sequence);
  // To this loop last, where no memory is needed: who has no memory to tell the others tells nobody
  // here.
  std::optional<std::size_t> here;
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    if (loops_[loop]->is_current() && log.pending[loop] == 0) {
      here = loop;
    } else if (room->seating().expects_anyone_on(loop, audience)) {
      ++log.pending[loop];
      try {
        loops_[loop]->post_behind([this, own = delivery, room, loop]() mutable {
          own.part_from_others(room->seating().seated(loop));
          hand_over(room, loop, own);
          const std::lock_guard lock(room->log()->order);
          --room->log()->pending[loop];
        });
      } catch (...) {
        --log.pending[loop];
        throw;
      }
    }
  }
  if (here) hand_over(room, *here, delivery);
}

void Hub::tell_presence(const Ref<Room>& room, const Presence::Users& joins,
                        const Presence::Users& leaves) {
  if (!room->seating().expects_sessions()) {
    ++room->log()->sequence;
    return;
  }
  hand_out(room, surroundings_->presence_frame(room->name(), joins, leaves), {},
           Audience::sessions);
}

// --- who is in it ---

void Hub::seat_here(Member& member, const Ref<Room>& room, const JoinWish* wish) {
  RoomLog* log = room->log();
  const auto order = log ? std::unique_lock(log->order) : std::unique_lock<std::mutex>();
  // What is handed out next, its own coming, is not for it.
  const bool seated =
      log ? room->seating().seat(member, log->sequence + 1) : room->seating().seat(member);
  try {
    if (seated && log) note_coming(member, room);
    if (!seated && wish)
      room->seating().catch_up(member);  // before it is told how far it has heard
    if (seated || wish) welcome(member, *room, wish, seated);
  } catch (...) {
    if (seated) {
      room->seating().unseat(member);
      note_going(member, room);
    }
    throw;
  }
}

void Hub::note_coming(const Member& member, const Ref<Room>& room) {
  RoomLog& log = *room->log();
  const std::string device = member.device();
  if (!log.presence || !log.presence->add(member.user(), device)) {
    ++log.sequence;
    return;
  }
  Presence::Users joins;
  joins[member.user()].push_back({device, *log.presence->meta(member.user(), device)});
  tell_presence(room, joins, {});
}

// Needs no memory: without it nobody is told, and who joins later sees it right.
void Hub::note_going(const Member& member, const Ref<Room>& room) {
  RoomLog* log = room->log();
  if (!log || !log->presence) return;
  Presence& presence = *log->presence;
  const std::string device = member.device();
  const Json* meta = presence.meta(member.user(), device);
  if (!meta) return;
  try {
    Presence::Users leaves;
    leaves[member.user()].push_back({device, *meta});
    presence.remove(member.user(), device);
    tell_presence(room, {}, leaves);
  } catch (const std::bad_alloc&) {
    presence.remove(member.user(), device);
  }
}

void Hub::welcome(Member& member, Room& room, const JoinWish* wish, bool entered) const {
  Joined joined;
  joined.room = room.name();
  joined.entered = entered;
  if (wish && wish->since) joined.recovered = false;
  RoomLog* log = room.log();
  std::vector<Frame> missed;
  if (log && log->history) {
    History& history = *log->history;
    history.expire(surroundings_->now_ms());
    joined.epoch = history.epoch();
    joined.offset = history.offset();
    if (wish && wish->since) {
      auto found = history.after(*wish->since, member.user(), member.session());
      joined.recovered = found.has_value();
      if (found) missed = std::move(*found);
    } else if (wish) {
      missed = history.latest(wish->latest, member.user(), member.session());
    }
    joined.missed = &missed;
  }
  if (log && log->presence) joined.presence = &log->presence->users();
  member.joined(joined);
}

void Hub::unseat_here(Member& member, const Ref<Room>& room) {
  if (member.receives()) room->seating().catch_up(member);
  if (!room->seating().unseat(member)) return;
  if (RoomLog* log = room->log()) {
    const std::lock_guard lock(log->order);
    note_going(member, room);
  }
  member.left(room->name());
}

// --- what is kept ---

std::vector<History::Entry> Hub::history(std::string_view room, std::uint64_t since,
                                         std::size_t limit) const {
  const Ref<Room> found = find_ordered(room);
  if (!found) return {};
  const std::lock_guard lock(found->log()->order);
  auto& history = found->log()->history;
  if (!history) return {};
  history->expire(surroundings_->now_ms());
  return history->entries_after(since, limit);
}

Presence::Users Hub::presence(std::string_view room) const {
  const Ref<Room> found = find_ordered(room);
  if (!found) return {};
  const std::lock_guard lock(found->log()->order);
  return found->log()->presence ? found->log()->presence->users() : Presence::Users{};
}

bool Hub::set_presence(Member& member, std::string_view room, const Json& meta) {
  const Ref<Room> found = find_ordered(room);
  if (!found) return false;
  const std::lock_guard lock(found->log()->order);
  auto& presence = found->log()->presence;
  const std::string device = member.device();
  if (!presence || !presence->meta(member.user(), device)) return false;
  if (!presence->set_meta(member.user(), device, meta)) return true;
  Presence::Users joins;
  joins[member.user()].push_back({device, meta});
  tell_presence(found, joins, {});
  return true;
}

void Hub::expire() {
  if (!surroundings_) return;
  const std::uint64_t now_ms = surroundings_->now_ms();
  for (auto& part : rooms_) {
    const std::lock_guard lock(part.mutex);
    std::erase_if(part.entries, [&](const auto& entry) {
      Room& room = *entry.second;
      if (!room.log() || !room.log()->history) return false;
      {
        const std::lock_guard order(room.log()->order);
        room.log()->history->expire(now_ms);
      }
      const bool forgotten = room.members().empty() && room.forget();
      if (forgotten) rooms_count_.fetch_sub(1, std::memory_order_relaxed);
      return forgotten;
    });
  }
}

}  // namespace microframe::hub
