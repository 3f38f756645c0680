#include "hub/hub.hpp"

#include <algorithm>
#include <cassert>
#include <new>

namespace microframe::hub {
namespace {

using base::Frame;
using base::Ref;

// A message that is the same wherever it stands.
class Placeless final : public Seal {
 public:
  explicit Placeless(Frame frame) : frame_(std::move(frame)) {}
  Frame encode(std::optional<std::uint64_t>) const override { return frame_; }
  void renumber(Frame&, std::uint64_t) const override {}

 private:
  const Frame frame_;
};

void sort_unique(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

Hub::Hub(std::vector<LoopPort*> loops, HubLimits limits, Surroundings* surroundings)
    : loops_(std::move(loops)),
      limits_(limits),
      surroundings_(surroundings),
      everyone_(loops_.size()) {
  assert(!loops_.empty());
}

Ref<Member> Hub::add(Member& member) {
  auto& part = stripe(users_, member.user());
  const std::lock_guard lock(part.mutex);
  assert(member.standing_ == Member::Standing::absent);
  everyone_.seat(member);
  try {
    part.entries[member.user()].push_back(&member);
  } catch (...) {
    std::erase_if(part.entries, [](const auto& entry) { return entry.second.empty(); });
    everyone_.unseat(member);
    throw;
  }
  member.standing_ = Member::Standing::present;
  everyone_.expect(member);
  const Devices& devices = part.entries.find(member.user())->second;
  if (surroundings_ && devices.size() == 1) surroundings_->user_online(member.user());
  const auto counts = [](const Member* device) { return device->counts(); };
  const auto places = std::count_if(devices.begin(), devices.end(), counts);
  if (static_cast<std::size_t>(places) <= limits_.devices_per_user_max) return {};
  // One that nobody uses now goes first.
  auto found = std::find_if(devices.begin(), devices.end(), [](const Member* device) {
    return device->counts() && !device->present();
  });
  if (found == devices.end()) found = std::find_if(devices.begin(), devices.end(), counts);
  Member* oldest = *found;
  oldest->evicted_ = true;  // it goes on its own loop, later: the next to come must find another
  return Ref<Member>(oldest);
}

std::size_t Hub::present_among(const Devices& devices) {
  return static_cast<std::size_t>(std::count_if(
      devices.begin(), devices.end(), [](const Member* member) { return member->present(); }));
}

void Hub::begin_leave(Member& member) {
  const std::lock_guard lock(stripe(users_, member.user()).mutex);
  if (!member.receives()) return;
  if (!member.present()) suspended_.fetch_sub(1, std::memory_order_relaxed);
  member.standing_ = Member::Standing::leaving;
  everyone_.expect_no_more(member);
  everyone_.unseat(member);
}

void Hub::suspend(Member& member) {
  const std::lock_guard lock(stripe(users_, member.user()).mutex);
  if (!member.present()) return;
  member.standing_ = Member::Standing::suspended;
  suspended_.fetch_add(1, std::memory_order_relaxed);
}

void Hub::resume(Member& member) {
  const std::lock_guard lock(stripe(users_, member.user()).mutex);
  if (!member.receives() || member.present()) return;
  member.standing_ = Member::Standing::present;
  suspended_.fetch_sub(1, std::memory_order_relaxed);
}

void Hub::remove(Member& member) {
  begin_leave(member);
  auto& part = stripe(users_, member.user());
  const std::lock_guard lock(part.mutex);
  if (member.standing_ != Member::Standing::leaving) return;
  member.standing_ = Member::Standing::absent;
  for (const auto rooms = std::exchange(member.rooms_, {}); const Ref<Room>& room : rooms) {
    leave_room(member, *room);
    give_up_seat(member, room);
  }
  const auto entry = part.entries.find(member.user());
  Devices& devices = entry->second;
  devices.erase(std::find(devices.begin(), devices.end(), &member));
  if (!devices.empty()) return;
  part.entries.erase(entry);
  if (surroundings_) surroundings_->user_offline(member.user());
}

JoinResult Hub::join(Member& member, std::string_view room, const JoinWish* wish) {
  const std::lock_guard lock(stripe(users_, member.user()).mutex);
  return join_locked(member, room, wish);
}

bool Hub::leave(Member& member, std::string_view room) {
  const std::lock_guard lock(stripe(users_, member.user()).mutex);
  return leave_locked(member, room);
}

JoinResult Hub::join_user(std::string_view user, std::string_view room) {
  auto& part = stripe(users_, user);
  const std::lock_guard lock(part.mutex);
  auto best = JoinResult::not_connected;
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return best;
  for (Member* device : entry->second) {
    if (!device->receives()) continue;
    const JoinResult result = join_locked(*device, room);
    best = best == JoinResult::not_connected ? result : std::min(best, result);
  }
  return best;
}

bool Hub::leave_user(std::string_view user, std::string_view room) {
  auto& part = stripe(users_, user);
  const std::lock_guard lock(part.mutex);
  bool left = false;
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return left;
  for (Member* device : entry->second) left = leave_locked(*device, room) || left;
  return left;
}

JoinResult Hub::join_locked(Member& member, std::string_view name, const JoinWish* wish) {
  if (!member.receives()) return JoinResult::not_connected;
  if (name.empty() || name.size() > limits_.room_name_bytes_max) return JoinResult::name_invalid;
  auto& rooms = member.rooms_;
  const auto in = std::find_if(rooms.begin(), rooms.end(),
                               [&](const Ref<Room>& room) { return room->name() == name; });
  if (in != rooms.end()) {
    if (!wish) return JoinResult::already_in;
    const Ref<Room>& room = *in;
    hear_of_leaves(member, name);
    seat_here(member, room, wish);
    return JoinResult::already_in;
  }
  if (rooms.size() >= limits_.rooms_per_member_max) return JoinResult::too_many_rooms;
  const Ref<Room> room = enter(name, member);
  if (!room) return JoinResult::too_many_rooms;
  try {
    rooms.push_back(room);
    seat(member, room, wish);
  } catch (...) {
    if (member.is_in(*room)) rooms.erase(rooms.end() - 1);
    leave_room(member, *room);
    room->seating().expect_no_more(member);
    throw;
  }
  return JoinResult::joined;
}

bool Hub::leave_locked(Member& member, std::string_view name) {
  auto& rooms = member.rooms_;
  const auto found = std::find_if(rooms.begin(), rooms.end(),
                                  [&](const Ref<Room>& room) { return room->name() == name; });
  if (found == rooms.end()) return false;
  const Ref<Room> room(found->get());
  unseat(member, room);  // first, for it may fail; what it posts waits for this user's lock
  rooms.erase(found);
  leave_room(member, *room);
  return true;
}

// Takes the member out of the room's table, and the room out of the hub's with its last member and
// message.
void Hub::leave_room(Member& member, Room& room) {
  auto& part = stripe(rooms_, room.name());
  const std::lock_guard lock(part.mutex);
  room.members().erase(member);
  if (!room.members().empty() || !room.forget()) return;
  part.entries.erase(room.name());
  rooms_count_.fetch_sub(1, std::memory_order_relaxed);
}

Ref<Room> Hub::enter(std::string_view name, const Member& member) {
  auto& part = stripe(rooms_, name);
  const std::lock_guard lock(part.mutex);
  Ref<Room> room = find_or_make(part, name);
  if (!room) return {};
  try {
    room->members().insert(member);
  } catch (...) {
    if (room->members().empty() && room->forget()) {
      part.entries.erase(room->name());
      rooms_count_.fetch_sub(1, std::memory_order_relaxed);
    }
    throw;
  }
  room->seating().expect(member);
  return room;
}

// returns: none where there are too many.
Ref<Room> Hub::find_or_make(RoomStripe& part, std::string_view name) {
  const auto entry = part.entries.find(name);
  if (entry != part.entries.end()) return entry->second;
  if (rooms_count_.fetch_add(1, std::memory_order_relaxed) >= limits_.rooms_max) {
    rooms_count_.fetch_sub(1, std::memory_order_relaxed);
    return {};
  }
  try {
    std::string key(name);
    const RoomPolicy policy = this->policy(name);
    Ref<Room> room(new Room(key, loops_.size(), make_log(policy), policy.coalesce));
    return part.entries.emplace(std::move(key), std::move(room)).first->second;
  } catch (...) {
    rooms_count_.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
}

Hub::Found Hub::find(std::string_view name) const {
  const auto& part = stripe(rooms_, name);
  const std::lock_guard lock(part.mutex);
  const auto entry = part.entries.find(name);
  if (entry == part.entries.end()) return {};
  return {entry->second,
          entry->second->members().any_of([](const Member& one) { return one.receives(); })};
}

void Hub::seat(Member& member, const Ref<Room>& room, const JoinWish* wish) {
  LoopPort& loop = *loops_[member.loop()];
  if (loop.is_current()) {
    hear_of_leaves(member, room->name());
    return seat_here(member, room, wish);
  }
  loop.post([this, held = Ref<Member>(&member), room] {
    const std::lock_guard lock(stripe(users_, held->user()).mutex);
    // If it has left meanwhile, it still receives what was sent before its own leave, which then
    // follows this post.
    try {
      if (held->is_in(*room) || held->is_leaving(*room)) seat_here(*held, room, nullptr);
    } catch (const std::bad_alloc&) {
      held->give_up();
    }
  });
}

void Hub::unseat(Member& member, const Ref<Room>& room) {
  LoopPort& loop = *loops_[member.loop()];
  if (loop.is_current()) return give_up_seat(member, room);
  if (!member.leaves_) member.leaves_ = std::make_unique<Member::Leaves>();
  auto& [under_way, posted] = *member.leaves_;
  const std::uint64_t number = ++posted;
  under_way.push_back({room, number});
  try {
    loop.post([this, held = Ref<Member>(&member), room, number] {
      const std::lock_guard lock(stripe(users_, held->user()).mutex);
      const auto is_this = [&](const Member::Leaving& one) { return one.number == number; };
      // Also where it is in again: what was sent meanwhile has passed it over.
      if (std::erase_if(held->leaves_->under_way, is_this) != 0) give_up_seat(*held, room);
    });
  } catch (...) {
    under_way.pop_back();
    throw;
  }
}

// The leaves of that room which were made elsewhere come into force before what happens here.
void Hub::hear_of_leaves(Member& member, std::string_view room) {
  if (!member.leaves_) return;
  auto& leaving = member.leaves_->under_way;
  const auto is_of_room = [&](const Member::Leaving& one) { return one.room->name() == room; };
  while (true) {
    const auto found = std::find_if(leaving.begin(), leaving.end(), is_of_room);
    if (found == leaving.end()) return;
    const Ref<Room> left = found->room;
    leaving.erase(found);
    give_up_seat(member, left);
  }
}

// Counted until now, for what it still hears must have no gap: a message that passed its loop over
// would be one.
void Hub::give_up_seat(Member& member, const Ref<Room>& room) {
  unseat_here(member, room);
  room->seating().expect_no_more(member);
}

void Hub::broadcast(const Frame& frame, Exclusion exclusion) {
  const Delivery delivery(frame, std::move(exclusion));
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    if (loops_[loop]->is_current()) {
      everyone_.deliver(loop, delivery);
    } else if (everyone_.expects_anyone_on(loop)) {
      loops_[loop]->post([this, loop, own = delivery]() mutable {
        own.part_from_others(everyone_.seated(loop));
        everyone_.deliver(loop, own);
      });
    }
  }
}

bool Hub::broadcast_to_room(std::string_view name, Frame frame, Exclusion exclusion) {
  return broadcast_to_room(name, Placeless(std::move(frame)), std::move(exclusion));
}

bool Hub::broadcast_to_room(std::string_view name, const Seal& seal, Exclusion exclusion) {
  Found found = find_to_publish(name);
  // If the room was forgotten meanwhile, look it up (or create it) again.
  while (found.room && found.room->log() && !publish(found.room, seal, exclusion))
    found = find_to_publish(name);
  if (!found.anyone || found.room->log()) return found.anyone;
  const Delivery delivery(seal.encode(std::nullopt), std::move(exclusion));
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    if (loops_[loop]->is_current()) {
      hand_over(found.room, loop, delivery);
    } else if (found.room->seating().expects_anyone_on(loop)) {
      loops_[loop]->post([this, room = found.room, loop, own = delivery]() mutable {
        own.part_from_others(room->seating().seated(loop));
        hand_over(room, loop, own);
      });
    }
  }
  return true;
}

// To those of the room on this loop, the current one: at once, or when its window ends. Without
// memory to hold it back, it waits for nothing.
void Hub::hand_over(const Ref<Room>& room, std::size_t loop, const Delivery& delivery) {
  Seating& seating = room->seating();
  if (seating.window().count() == 0) return seating.deliver(loop, delivery);
  bool held_back = false;
  try {
    const auto held = seating.hold_back(loop, delivery);
    held_back = true;
    if (held == Seating::Held::full) return seating.release(loop, false);
    if (held == Seating::Held::more) return;
    loops_[loop]->after(seating.window(), [room, loop] { room->seating().release(loop, true); });
  } catch (const std::bad_alloc&) {
    seating.release(loop, held_back);
    if (!held_back) seating.deliver(loop, delivery);
  }
}

bool Hub::send_to(std::string_view user, const Frame& frame) {
  const auto& part = stripe(users_, user);
  const std::lock_guard lock(part.mutex);
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return false;
  bool anyone = false;
  for (Member* device : entry->second) {
    if (!device->receives()) continue;
    anyone = anyone || device->present();
    send(*device, frame);
  }
  return anyone;
}

void Hub::send(Member& member, const Frame& frame) {
  LoopPort& loop = *loops_[member.loop()];
  if (loop.is_current()) {
    member.deliver(frame);
  } else {
    loop.post([held = Ref<Member>(&member), frame] { held->deliver(frame); });
  }
}

std::vector<std::string> Hub::users() const {
  std::vector<std::string> names;
  for (const auto& part : users_) {
    const std::lock_guard lock(part.mutex);
    for (const auto& [name, devices] : part.entries) {
      if (std::any_of(devices.begin(), devices.end(),
                      [](const Member* m) { return m->present(); })) {
        names.push_back(name);
      }
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::size_t Hub::devices(std::string_view user) const {
  const auto& part = stripe(users_, user);
  const std::lock_guard lock(part.mutex);
  const auto entry = part.entries.find(user);
  return entry == part.entries.end() ? 0 : present_among(entry->second);
}

std::vector<Ref<Member>> Hub::members_of(std::string_view user) const {
  std::vector<Ref<Member>> members;
  const auto& part = stripe(users_, user);
  const std::lock_guard lock(part.mutex);
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return members;
  for (Member* device : entry->second) {
    if (device->receives()) members.emplace_back(device);
  }
  return members;
}

std::vector<std::string> Hub::room_members(std::string_view name) const {
  std::vector<std::string> names;
  const auto& part = stripe(rooms_, name);
  const std::lock_guard lock(part.mutex);
  const auto entry = part.entries.find(name);
  if (entry == part.entries.end()) return names;
  entry->second->members().for_each([&](const Member& member) {
    if (member.receives()) names.push_back(member.user());
  });
  sort_unique(names);
  return names;
}

std::vector<std::string> Hub::user_rooms(std::string_view user) const {
  std::vector<std::string> names;
  const auto& part = stripe(users_, user);
  const std::lock_guard lock(part.mutex);
  const auto entry = part.entries.find(user);
  if (entry == part.entries.end()) return names;
  for (const Member* device : entry->second) {
    for (const Ref<Room>& room : device->rooms_) names.push_back(room->name());
  }
  sort_unique(names);
  return names;
}

std::vector<std::string> Hub::rooms_of(const Member& member) const {
  std::vector<std::string> names;
  const std::lock_guard lock(stripe(users_, member.user()).mutex);
  names.reserve(member.rooms_.size());
  for (const Ref<Room>& room : member.rooms_) names.push_back(room->name());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace microframe::hub
