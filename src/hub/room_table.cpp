#include "hub/room_table.hpp"

#include <algorithm>

#include "hub/ordered_room.hpp"

namespace microframe::hub {

using base::Lock;
using base::Ref;

namespace {

// Under the lock of the room's part.
bool has_receiver(Room& room) {
  return room.members().any_of([](const Member& one) { return one.receives(); });
}

// The user's name of each member that receives, sorted, each once. Text: std::string, or a view that is
// good as long as the member is in the room.
template <class Text>
std::vector<Text> users_of(Room& room) {
  std::vector<Text> names;
  room.members().for_each([&](const Member& member) {
    if (member.receives()) names.emplace_back(member.user());
  });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

Ref<Room> RoomTable::enter(std::string_view name, const Member& member) {
  auto& part = parts_.of(name);
  const Lock lock(part.mutex);
  Ref<Room> room = find_or_make(part, name, &member);
  if (!room) return {};
  try {
    room->members().insert(member);
  } catch (...) {
    remove_if_done(part, *room);
    throw;
  }
  room->seating().expect(member);
  return room;
}

void RoomTable::leave(const Member& member, Room& room) {
  auto& part = parts_.of(room.name());
  const Lock lock(part.mutex);
  room.members().erase(member);
  remove_if_done(part, room);
}

void RoomTable::remove_if_done(Part& part, Room& room) {
  if (!room.members().empty() || !room.forget()) return;
  if (elsewhere_) elsewhere_->close(room.name());
  part.entries.erase(room.name());
  count_one_less();
}

Ref<Room> RoomTable::find_or_make(Part& part, std::string_view name, const Member* maker) {
  const auto entry = part.entries.find(name);
  if (entry != part.entries.end()) return entry->second.room;
  Shares::Place share;
  if (maker) share = shares_.take(maker->user());
  if (maker && !share) return {};
  return add(part, name, std::move(share));
}

Ref<Room> RoomTable::add(Part& part, std::string_view name, Shares::Place share) {
  if (count_.fetch_add(1, std::memory_order_relaxed) >= limits_.rooms_max) {
    count_one_less();
    return {};
  }
  try {
    const auto entry = part.entries.emplace(name, Entry{make(name), std::move(share)}).first;
    try {
      if (elsewhere_)
        elsewhere_->open(entry->first, policy(name), entry->second.room->opening()->number());
    } catch (...) {
      part.entries.erase(entry);
      throw;
    }
    return entry->second.room;
  } catch (...) {
    count_one_less();
    throw;
  }
}

Ref<Room> RoomTable::make(std::string_view name) {
  const RoomPolicy policy = this->policy(name);
  const auto keeper = elsewhere_ ? OrderedRoom::Keeper::log : OrderedRoom::Keeper::room;
  Ref<Room> room(policy.is_ordered()
                     ? new OrderedRoom(std::string(name), loops_, policy, *surroundings_, keeper)
                     : new Room(std::string(name), loops_, policy.coalesce));
  if (elsewhere_) room->wait_for_others(++openings_);
  return room;
}

RoomTable::Found RoomTable::find(std::string_view name) const {
  const auto& part = parts_.of(name);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(name);
  if (entry == part.entries.end()) return {};
  const Ref<Room>& room = entry->second.room;
  return {room, has_receiver(*room)};
}

RoomTable::Found RoomTable::find_to_publish(std::string_view name) {
  Found found = find(name);
  if (found.room || elsewhere_ || !is_name(name) || !policy(name).keeps_history()) return found;
  auto& part = parts_.of(name);
  const Lock lock(part.mutex);
  found.room = find_or_make(part, name, nullptr);
  return found;
}

std::vector<std::string> RoomTable::users_in(std::string_view name) const {
  const auto& part = parts_.of(name);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(name);
  if (entry == part.entries.end()) return {};
  return users_of<std::string>(*entry->second.room);
}

std::size_t RoomTable::count_users_in(std::string_view name) const {
  const auto& part = parts_.of(name);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(name);
  if (entry == part.entries.end()) return 0;
  return users_of<std::string_view>(*entry->second.room).size();
}

std::vector<std::string> RoomTable::names() const {
  std::vector<std::string> names;
  for (const auto& part : parts_) {
    const Lock lock(part.mutex);
    for (const auto& [name, entry] : part.entries) {
      if (has_receiver(*entry.room)) names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool RoomTable::expire_some(Sweep& sweep) {
  constexpr std::size_t kStep = 8 * 1024;  // rooms, and places for them
  std::size_t left = kStep;
  for (; sweep.part < parts_.size(); ++sweep.part, sweep.bucket = 0) {
    auto& part = parts_.at(sweep.part);
    const Lock lock(part.mutex);
    for (; sweep.bucket < part.entries.bucket_count(); ++sweep.bucket) {
      if (left == 0) return true;
      left -= std::min(left, 1 + expire_bucket(part, sweep.bucket));
    }
  }
  return false;
}

// returns: how many rooms it has looked at.
std::size_t RoomTable::expire_bucket(Part& part, std::size_t bucket) {
  std::size_t looked_at = 0;
  for (auto at = part.entries.begin(bucket); at != part.entries.end(bucket);) {
    const Ref<Room> room = (at++)->second.room;  // which may go
    ++looked_at;
    if (!room->keeps_messages()) continue;
    room->expire();
    remove_if_done(part, *room);
  }
  return looked_at;
}

}  // namespace microframe::hub
