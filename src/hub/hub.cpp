#include "hub/hub.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <optional>
#include <utility>

#include "hub/placeless.hpp"
#include "hub/recorder.hpp"

namespace microframe::hub {

using base::Frame;
using base::Lock;
using base::Ref;
using Standing = Member::Standing;

Hub::Hub(std::vector<LoopPort*> loops, HubLimits limits, Surroundings* surroundings,
         Elsewhere* elsewhere)
    : loops_(std::move(loops)),
      limits_(limits),
      surroundings_(surroundings),
      elsewhere_(elsewhere),
      rooms_(loops_, limits_, surroundings, elsewhere),
      everyone_(loops_) {
  assert(!loops_.empty());
}

// --- members come and go ---

Ref<Member> Hub::add(Member& member) {
  auto& part = users_.of(member.user());
  const Lock lock(part.mutex);
  assert(member.standing() == Standing::absent);
  everyone_.seat(member);
  try {
    part.entries[member.user()].push_back(&member);
  } catch (...) {
    std::erase_if(part.entries, [](const auto& entry) { return entry.second.empty(); });
    everyone_.unseat(member);
    throw;
  }
  member.set_standing(Standing::present);
  everyone_.expect(member);
  changed(member.user());
  const Devices& devices = part.entries.find(member.user())->second;
  if (surroundings_ && devices.size() == 1) surroundings_->user_online(member.user());
  const auto takes_place = [](const Member* device) { return device->takes_place(); };
  const auto places = std::count_if(devices.begin(), devices.end(), takes_place);
  if (static_cast<std::size_t>(places) <= limits_.devices_per_user_max) return {};
  return take_oldest(devices);
}

Ref<Member> Hub::oldest_of(std::string_view user) {
  auto& part = users_.of(user);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(user);
  return entry == part.entries.end() ? Ref<Member>() : take_oldest(entry->second);
}

// A device that nobody uses now goes first. It goes on its own loop, later: the next to come must find
// another.
Ref<Member> Hub::take_oldest(const Devices& devices) {
  const auto takes_place = [](const Member* device) { return device->takes_place(); };
  auto found = std::find_if(devices.begin(), devices.end(), [](const Member* device) {
    return device->takes_place() && !device->present();
  });
  if (found == devices.end()) found = std::find_if(devices.begin(), devices.end(), takes_place);
  if (found == devices.end()) return {};
  (*found)->give_place();
  return Ref<Member>(*found);
}

void Hub::begin_leave(Member& member) {
  const Lock lock(users_.of(member.user()).mutex);
  if (!member.receives()) return;
  if (!member.present()) suspended_.fetch_sub(1, std::memory_order_relaxed);
  member.set_standing(Standing::leaving);
  changed(member.user());
  everyone_.expect_no_more(member);
  everyone_.unseat(member);
}

void Hub::suspend(Member& member) {
  const Lock lock(users_.of(member.user()).mutex);
  if (!member.present()) return;
  member.set_standing(Standing::suspended);
  changed(member.user());
  suspended_.fetch_add(1, std::memory_order_relaxed);
}

void Hub::resume(Member& member) {
  const Lock lock(users_.of(member.user()).mutex);
  if (!member.receives() || member.present()) return;
  member.set_standing(Standing::present);
  changed(member.user());
  suspended_.fetch_sub(1, std::memory_order_relaxed);
}

void Hub::remove(Member& member) {
  begin_leave(member);
  auto& part = users_.of(member.user());
  const Lock lock(part.mutex);
  lock_is_held_for(member);
  if (member.standing() != Standing::leaving) return;
  member.set_standing(Standing::absent);
  changed(member.user());
  hear_of_all_leaves(member);
  for (const auto rooms = std::exchange(member.rooms(), {}); const Ref<Room>& room : rooms) {
    rooms_.leave(member, *room);
    give_up_seat(member, *room);
  }
  const auto entry = part.entries.find(member.user());
  Devices& devices = entry->second;
  devices.erase(std::find(devices.begin(), devices.end(), &member));
  if (!devices.empty()) return;
  part.entries.erase(entry);
  if (surroundings_) surroundings_->user_offline(member.user());
}

// Whether another node says that it has the member's device in the room.
bool Hub::goes_on_elsewhere(const Member& member, Room& room) const {
  if (!elsewhere_ || !room.seen_of(member)) return false;
  const Presence::Users there = elsewhere_->presence(room.name());
  const auto user = there.find(member.user());
  return user != there.end() &&
         std::any_of(user->second.begin(), user->second.end(),
                     [&](const Presence::Device& one) { return one.id == member.device(); });
}

std::vector<Hub::Departed> Hub::depart(Member& member) {
  begin_leave(member);
  std::vector<Departed> departed;
  auto& part = users_.of(member.user());
  const Lock lock(part.mutex);
  if (member.standing() != Standing::leaving) return departed;
  member.set_standing(Standing::absent);
  changed(member.user());
  for (const auto rooms = std::exchange(member.rooms(), {}); const Ref<Room>& room : rooms) {
    departed.push_back({room->name(), room->depart(member, goes_on_elsewhere(member, *room))});
    room->seating().expect_no_more(member);
    rooms_.leave(member, *room);
  }
  const auto entry = part.entries.find(member.user());
  Devices& devices = entry->second;
  devices.erase(std::find(devices.begin(), devices.end(), &member));
  if (devices.empty()) part.entries.erase(entry);
  return departed;
}

void Hub::arrive_from(Member& member, std::string_view room, const Since* heard) {
  const Lock lock(users_.of(member.user()).mutex);
  lock_is_held_for(member);
  const Ref<Room>* const in = member.find_room(room);
  if (in) (*in)->arrive_from(member, heard);
}

// --- rooms ---

JoinResult Hub::join(Member& member, std::string_view room, const JoinWish* wish) {
  const Lock lock(users_.of(member.user()).mutex);
  return join_locked(member, room, wish);
}

bool Hub::leave(Member& member, std::string_view room) {
  const Lock lock(users_.of(member.user()).mutex);
  return leave_locked(member, room);
}

JoinResult Hub::join_user(std::string_view user, std::string_view room) {
  auto& part = users_.of(user);
  const Lock lock(part.mutex);
  auto best = JoinResult::not_connected;
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return best;
  for (Member* device : entry->second) {
    if (!device->receives()) continue;
    lock_is_held_for(*device);
    const JoinResult result = join_locked(*device, room);
    best = best == JoinResult::not_connected ? result : std::min(best, result);
  }
  return best;
}

bool Hub::leave_user(std::string_view user, std::string_view room) {
  auto& part = users_.of(user);
  const Lock lock(part.mutex);
  bool left = false;
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return left;
  for (Member* device : entry->second) {
    lock_is_held_for(*device);
    left = leave_locked(*device, room) || left;
  }
  return left;
}

JoinResult Hub::join_locked(Member& member, std::string_view name, const JoinWish* wish) {
  if (!member.receives()) return JoinResult::not_connected;
  if (!rooms_.is_name(name)) return JoinResult::name_invalid;
  const Ref<Room>* in = member.find_room(name);
  if (!in) return enter(member, name, wish);
  if (wish) {
    hear_of_leaves(member, name);
    wait_or_seat(member, *in, wish);
  }
  return JoinResult::already_in;
}

JoinResult Hub::enter(Member& member, std::string_view name, const JoinWish* wish) {
  auto& rooms = member.rooms();
  if (rooms.size() >= limits_.rooms_per_member_max) return JoinResult::too_many_rooms;
  const Ref<Room> room = rooms_.enter(name, member);
  if (!room) return JoinResult::too_many_rooms;
  try {
    rooms.push_back(room);
    seat(member, room, wish);
  } catch (...) {
    if (member.is_in(*room)) rooms.erase(rooms.end() - 1);
    rooms_.leave(member, *room);
    room->seating().expect_no_more(member);
    throw;
  }
  changed(member.user());
  return JoinResult::joined;
}

bool Hub::leave_locked(Member& member, std::string_view name) {
  Ref<Room>* const found = member.find_room(name);
  if (!found) return false;
  const Ref<Room> room = *found;
  unseat(member, room);  // first, because this may fail; what it posts waits for this user's lock
  member.rooms().erase(found);
  rooms_.leave(member, *room);
  changed(member.user());
  return true;
}

// --- seats, on the member's loop or by a post to it ---

void Hub::seat(Member& member, const Ref<Room>& room, const JoinWish* wish) {
  LoopPort& loop = *loops_[member.loop()];
  if (loop.is_current()) {
    hear_of_leaves(member, room->name());
    return wait_or_seat(member, room, wish);
  }
  loop.post([this, held = Ref<Member>(&member), room] { seat_posted(*held, room); });
}

void Hub::wait_or_seat(Member& member, const Ref<Room>& room, const JoinWish* wish) {
  Opening* const opening = room->opening();
  if (opening && !opening->is_over()) {
    Opening::Waiting waiting;
    waiting.who = Ref<Receiver>(&member);
    if (wish) waiting.wish = *wish;
    if (surroundings_) waiting.wish.waits_since_ms = surroundings_->now_ms();
    waiting.go = [this, held = Ref<Member>(&member), room] {
      loops_[held->loop()]->post([this, held, room] { seat_from_waiting(*held, *room); });
    };
    if (opening->wait(std::move(waiting))) return;
  }
  room->seat(member, wish);
  changed(member.user());
}

void Hub::seat_from_waiting(Member& member, Room& room) {
  const Lock lock(users_.of(member.user()).mutex);
  const auto waiting = room.opening()->take(member);
  if (!waiting) return;  // it has left meanwhile
  try {
    room.seat(member, &waiting->wish);
  } catch (const std::bad_alloc&) {
    member.give_up();
  }
  changed(member.user());
}

void Hub::seat_posted(Member& member, const Ref<Room>& room) {
  const Lock lock(users_.of(member.user()).mutex);
  lock_is_held_for(member);
  // A member that has left meanwhile still receives what was sent before its own leave, which then
  // follows this post.
  try {
    if (member.is_in(*room) || member.is_leaving(*room)) wait_or_seat(member, room, nullptr);
  } catch (const std::bad_alloc&) {
    member.give_up();
  }
}

void Hub::unseat(Member& member, const Ref<Room>& room) {
  LoopPort& loop = *loops_[member.loop()];
  if (loop.is_current()) return give_up_seat(member, *room);
  Leaves& leaves = member.make_leaves();
  const std::uint64_t leave = leaves.add(room);
  try {
    loop.post(
        [this, held = Ref<Member>(&member), room, leave] { unseat_posted(*held, *room, leave); });
  } catch (...) {
    leaves.take_back();
    throw;
  }
}

void Hub::unseat_posted(Member& member, Room& room, std::uint64_t leave) {
  const Lock lock(users_.of(member.user()).mutex);
  // Also where the member is in the room again: what was sent meanwhile has passed it over.
  if (member.leaves()->end(leave)) give_up_seat(member, room);
}

// Has the leaves of that room which were made elsewhere come into force before what happens here.
void Hub::hear_of_leaves(Member& member, std::string_view room) {
  Leaves* const leaves = member.leaves();
  if (!leaves) return;
  while (const Ref<Room> left = leaves->end_of(room)) give_up_seat(member, *left);
}

void Hub::hear_of_all_leaves(Member& member) {
  Leaves* const leaves = member.leaves();
  if (!leaves) return;
  while (const Ref<Room> left = leaves->end_first()) give_up_seat(member, *left);
}

// The seating expects the member until now, because what the member still hears must have no gap: a
// message that passed its loop over would make one.
void Hub::give_up_seat(Member& member, Room& room) {
  if (member.receives()) room.seating().catch_up(member);
  room.unseat(member);
  room.seating().expect_no_more(member);
}

// --- messages ---

void Hub::broadcast(const Frame& frame, Exclusion exclusion, std::uint64_t id) {
  Delivery delivery(frame, std::move(exclusion));
  delivery.mark.id = id;
  everyone_.send(delivery);
}

bool Hub::broadcast_to_room(std::string_view name, Frame frame, Exclusion exclusion,
                            std::uint64_t id) {
  return broadcast_to_room(name, Placeless(std::move(frame)), std::move(exclusion), id);
}

bool Hub::broadcast_to_room(std::string_view name, const Seal& seal, Exclusion exclusion,
                            std::uint64_t id) {
  RoomTable::Found found = rooms_.find_to_publish(name);
  while (found.room && (found.anyone || found.room->keeps_messages())) {
    if (found.room->publish(seal, exclusion, id)) break;
    // The room was forgotten meanwhile: look it up (or create it) again.
    found = rooms_.find_to_publish(name);
  }
  return found.anyone;
}

bool Hub::send_to(std::string_view user, const Frame& frame, std::uint64_t id) {
  const auto& part = users_.of(user);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return false;
  bool anyone = false;
  for (Member* device : entry->second) {
    if (!device->receives()) continue;
    anyone = anyone || device->present();
    send(*device, frame, id);
  }
  return anyone;
}

void Hub::send(Member& member, const Frame& frame, std::uint64_t id) {
  LoopPort& loop = *loops_[member.loop()];
  if (loop.is_current()) {
    if (id == 0) return member.deliver(frame);
    member.deliver_marked(frame, {id, 0});
  } else if (id == 0) {
    loop.post([held = Ref<Member>(&member), frame] { held->deliver(frame); });
  } else {
    loop.post([held = Ref<Member>(&member), frame, id] { held->deliver_marked(frame, {id, 0}); });
  }
}

// --- who is here ---

std::size_t Hub::present_among(const Devices& devices) {
  return static_cast<std::size_t>(std::count_if(
      devices.begin(), devices.end(), [](const Member* member) { return member->present(); }));
}

std::vector<std::string> Hub::users_with(bool (Member::*standing)() const) const {
  std::vector<std::string> names;
  for (const auto& part : users_) {
    const Lock lock(part.mutex);
    for (const auto& [name, devices] : part.entries) {
      if (std::any_of(devices.begin(), devices.end(),
                      [&](const Member* one) { return (one->*standing)(); }))
        names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Hub::users() const {
  return users_with(&Member::present);
}

std::vector<std::string> Hub::users_receiving() const {
  return users_with(&Member::receives);
}

std::size_t Hub::devices(std::string_view user) const {
  const auto& part = users_.of(user);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(user);
  return entry == part.entries.end() ? 0 : present_among(entry->second);
}

std::vector<Ref<Member>> Hub::members_of(std::string_view user) const {
  std::vector<Ref<Member>> members;
  const auto& part = users_.of(user);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return members;
  for (Member* device : entry->second) {
    if (device->receives()) members.emplace_back(device);
  }
  return members;
}

std::vector<std::string> Hub::room_members(std::string_view room) const {
  return rooms_.users_in(room);
}

std::vector<std::string> Hub::user_rooms(std::string_view user) const {
  std::vector<std::string> names;
  const auto& part = users_.of(user);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return names;
  for (const Member* device : entry->second) {
    for (const Ref<Room>& room : device->rooms()) names.push_back(room->name());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> Hub::rooms_of(const Member& member) const {
  std::vector<std::string> names;
  const Lock lock(users_.of(member.user()).mutex);
  names.reserve(member.rooms().size());
  for (const Ref<Room>& room : member.rooms()) names.push_back(room->name());
  std::sort(names.begin(), names.end());
  return names;
}

bool Hub::is_in_room(std::string_view user, std::string_view room, const Member* device) const {
  const Ref<Room> found = rooms_.find(room).room;
  const auto& part = users_.of(user);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(user);
  if (!found || entry == part.entries.end()) return false;
  return std::any_of(entry->second.begin(), entry->second.end(), [&](const Member* one) {
    return (!device || one == device) && one->is_in(*found);
  });
}

UserRecord Hub::record(std::string_view user) const {
  Recorder recorder;
  const auto& part = users_.of(user);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return {};
  for (const Member* device : entry->second) recorder.add(*device);
  return recorder.take();
}

// --- what rooms keep ---

std::vector<History::Entry> Hub::history(std::string_view room, std::uint64_t since,
                                         std::size_t limit) const {
  const Ref<Room> found = rooms_.find(room).room;
  return found ? found->history(since, limit) : std::vector<History::Entry>();
}

Presence::Users Hub::presence(std::string_view room) const {
  const Ref<Room> found = rooms_.find(room).room;
  return found ? found->presence() : Presence::Users();
}

bool Hub::set_presence(const Member& member, std::string_view room, const Json& meta) {
  const Ref<Room> found = rooms_.find(room).room;
  if (!found || !found->set_presence(member, meta)) return false;
  changed(member.user());
  return true;
}

}  // namespace microframe::hub
