#include "hub/room_table.hpp"

#include <algorithm>

#include "hub/ordered_room.hpp"

namespace microframe::hub {

using base::Lock;
using base::Ref;

Ref<Room> RoomTable::enter(std::string_view name, const Member& member) {
  auto& part = parts_.of(name);
  const Lock lock(part.mutex);
  Ref<Room> room = find_or_make(part, name);
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
  part.entries.erase(room.name());
  count_one_less();
}

Ref<Room> RoomTable::find_or_make(Part& part, std::string_view name) {
  const auto entry = part.entries.find(name);
  if (entry != part.entries.end()) return entry->second;
  if (count_.fetch_add(1, std::memory_order_relaxed) >= limits_.rooms_max) {
    count_one_less();
    return {};
  }
  try {
    return part.entries.emplace(name, make(name)).first->second;
  } catch (...) {
    count_one_less();
    throw;
  }
}

Ref<Room> RoomTable::make(std::string_view name) const {
  const RoomPolicy policy = this->policy(name);
  if (policy.is_ordered())
    return Ref<Room>(new OrderedRoom(std::string(name), loops_, policy, *surroundings_));
  return Ref<Room>(new Room(std::string(name), loops_, policy.coalesce));
}

RoomTable::Found RoomTable::find(std::string_view name) const {
  const auto& part = parts_.of(name);
  const Lock lock(part.mutex);
  const auto entry = part.entries.find(name);
  if (entry == part.entries.end()) return {};
  return {entry->second,
          entry->second->members().any_of([](const Member& one) { return one.receives(); })};
}

RoomTable::Found RoomTable::find_to_publish(std::string_view name) {
  Found found = find(name);
  if (found.room || !is_name(name) || !policy(name).keeps_history()) return found;
  auto& part = parts_.of(name);
  const Lock lock(part.mutex);
  found.room = find_or_make(part, name);
  return found;
}

std::vector<std::string> RoomTable::users_in(std::string_view name) const {
  std::vector<std::string> names;
  {
    const auto& part = parts_.of(name);
    const Lock lock(part.mutex);
    const auto entry = part.entries.find(name);
    if (entry == part.entries.end()) return names;
    entry->second->members().for_each([&](const Member& member) {
      if (member.receives()) names.push_back(member.user());
    });
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void RoomTable::expire() {
  for (auto& part : parts_) {
    const Lock lock(part.mutex);
    std::erase_if(part.entries, [&](const auto& entry) {
      Room& room = *entry.second;
      if (!room.keeps_messages()) return false;
      room.expire();
      const bool is_done = room.members().empty() && room.forget();
      if (is_done) count_one_less();
      return is_done;
    });
  }
}

}  // namespace microframe::hub
