#include "cluster/remote_users.hpp"

#include <algorithm>
#include <utility>

#include "cluster/record_codec.hpp"

namespace microframe::cluster {
namespace {

using hub::Presence;
using hub::UserRecord;
using Devices = std::vector<Presence::Device>;

// What malloc adds to a block, rounding included.
constexpr std::size_t kMallocBytes = 16;

const Devices& devices_in(const UserRecord& record, std::string_view room) {
  static const Devices kNone;
  for (const UserRecord::InRoom& in : record.rooms)
    if (in.room == room) return in.devices;
  return kNone;
}

const Presence::Device* find_device(const Devices& devices, const std::string& id) {
  const auto found = std::find_if(devices.begin(), devices.end(),
                                  [&](const Presence::Device& one) { return one.id == id; });
  return found == devices.end() ? nullptr : &*found;
}

Devices only_in(const Devices& these, const Devices& not_those, bool same_meta) {
  Devices result;
  for (const Presence::Device& device : these) {
    const Presence::Device* other = find_device(not_those, device.id);
    if (!other || (same_meta && other->meta != device.meta)) result.push_back(device);
  }
  return result;
}

void compare(const std::string& user, const std::string& room, const Devices& before,
             const Devices& after, PresenceChanges& changes) {
  PresenceChange change;
  Devices joins = only_in(after, before, true);
  Devices leaves = only_in(before, after, false);
  if (joins.empty() && leaves.empty()) return;
  change.room = room;
  if (!joins.empty()) change.joins.emplace(user, std::move(joins));
  if (!leaves.empty()) change.leaves.emplace(user, std::move(leaves));
  changes.push_back(std::move(change));
}

PresenceChanges differences(const std::string& user, const UserRecord& before,
                            const UserRecord& after) {
  PresenceChanges changes;
  for (const UserRecord::InRoom& in : after.rooms)
    compare(user, in.room, devices_in(before, in.room), in.devices, changes);
  for (const UserRecord::InRoom& in : before.rooms) {
    const bool stays = std::any_of(after.rooms.begin(), after.rooms.end(),
                                   [&](const auto& one) { return one.room == in.room; });
    if (!stays) compare(user, in.room, in.devices, {}, changes);
  }
  return changes;
}

}  // namespace

RemoteUsers::~RemoteUsers() {
  users_.for_each([](char* block) { delete[] block; });
}

char* RemoteUsers::find(std::string_view user) const {
  return users_.find(PackedUser::hash_of(user),
                     [&](const char* block) { return PackedUser(block).user() == user; });
}

UserRecord RemoteUsers::unpack(const char* block) const {
  const PackedUser packed(block);
  UserRecord record;
  record.present = packed.present();
  record.receiving = packed.receiving();
  packed.for_each_room([&](std::uint32_t room, base::WireReader& reader) {
    record.rooms.push_back({rooms_.name(room), read_devices(reader)});
  });
  return record;
}

PresenceChanges RemoteUsers::set(std::string_view user, const UserRecord& record) {
  char* const former = find(user);
  if (record.empty()) return former ? forget(former) : PresenceChanges();

  PresenceChanges changes =
      differences(std::string(user), former ? unpack(former) : UserRecord(), record);
  std::vector<std::uint32_t> rooms;
  rooms.reserve(record.rooms.size());
  for (const UserRecord::InRoom& in : record.rooms) rooms.push_back(rooms_.expect(in.room));
  PackedUser::Packed packed = PackedUser::pack(user, record, rooms);
  PackedUser::set_mark(packed.block.get(), mark_);
  users_.reserve_one();

  // From here on nothing fails.
  char* const block = packed.block.release();
  for (const std::uint32_t room : rooms) rooms_.enter(room, block);
  users_.insert(block);
  if (former) drop(former);
  connections_ += record.present;
  block_bytes_ += packed.size + kMallocBytes;
  return changes;
}

PresenceChanges RemoteUsers::forget(char* block) {
  PresenceChanges changes =
      differences(std::string(PackedUser(block).user()), unpack(block), UserRecord());
  drop(block);
  return changes;
}

void RemoteUsers::drop(char* block) {
  const PackedUser packed(block);
  packed.for_each_room([&](std::uint32_t room, base::WireReader& reader) {
    skip_devices(reader);
    rooms_.leave(room, block);
    rooms_.forget_if_empty(room);
  });
  users_.erase(block);
  connections_ -= packed.present();
  block_bytes_ -= packed.size() + kMallocBytes;
  delete[] block;
}

template <class Should>
PresenceChanges RemoteUsers::forget_if(Should&& should) {
  std::vector<char*> gone;
  users_.for_each([&](char* block) {
    if (should(PackedUser(block))) gone.push_back(block);
  });
  PresenceChanges changes;
  for (char* block : gone)
    for (PresenceChange& change : forget(block)) changes.push_back(std::move(change));
  return changes;
}

PresenceChanges RemoteUsers::end_whole() {
  return forget_if([this](const PackedUser& user) { return user.mark() != mark_; });
}

PresenceChanges RemoteUsers::clear() {
  return forget_if([](const PackedUser&) { return true; });
}

std::size_t RemoteUsers::bytes() const {
  return block_bytes_ + users_.bytes() + rooms_.bytes();
}

std::size_t RemoteUsers::devices(std::string_view user) const {
  const char* block = find(user);
  return block ? PackedUser(block).present() : 0;
}

bool RemoteUsers::receives(std::string_view user) const {
  const char* block = find(user);
  return block && PackedUser(block).receiving() != 0;
}

void RemoteUsers::users(std::vector<std::string>& result) const {
  users_.for_each([&](const char* block) {
    const PackedUser packed(block);
    if (packed.present() != 0) result.emplace_back(packed.user());
  });
}

void RemoteUsers::room_members(std::string_view room, std::vector<std::string>& result) const {
  rooms_.for_each_user(room,
                       [&](const char* block) { result.emplace_back(PackedUser(block).user()); });
}

void RemoteUsers::user_rooms(std::string_view user, std::vector<std::string>& result) const {
  const char* block = find(user);
  if (!block) return;
  PackedUser(block).for_each_room([&](std::uint32_t room, base::WireReader& reader) {
    skip_devices(reader);
    result.push_back(rooms_.name(room));
  });
}

void RemoteUsers::presence(std::string_view room, Presence::Users& result) const {
  rooms_.for_each_user(room, [&](const char* block) {
    const PackedUser packed(block);
    packed.for_each_room([&](std::uint32_t number, base::WireReader& reader) {
      if (rooms_.name(number) != room) return skip_devices(reader);
      for (Presence::Device& device : read_devices(reader))
        result[std::string(packed.user())].push_back(std::move(device));
    });
  });
}

}  // namespace microframe::cluster
