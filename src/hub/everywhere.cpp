#include "hub/everywhere.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace microframe::hub {
namespace {

using base::Frame;

// Both sorted.
std::vector<std::string> merged(std::vector<std::string> here, std::vector<std::string> there) {
  if (there.empty()) return here;
  std::vector<std::string> all;
  all.reserve(here.size() + there.size());
  std::set_union(std::make_move_iterator(here.begin()), std::make_move_iterator(here.end()),
                 std::make_move_iterator(there.begin()), std::make_move_iterator(there.end()),
                 std::back_inserter(all));
  return all;
}

void name_device(Exclusion& exclusion) {
  if (exclusion.device) exclusion.session = Exclusion::name_of(*exclusion.device);
}

}  // namespace

// --- messages ---

std::uint64_t Everywhere::new_id() {
  const std::uint64_t id = next_id_.fetch_add(1, std::memory_order_relaxed);
  return id != 0 ? id : new_id();
}

void Everywhere::broadcast(const Frame& frame, Exclusion exclusion) {
  if (!elsewhere_) return hub_.broadcast(frame, std::move(exclusion));
  const std::uint64_t id = new_id();
  name_device(exclusion);
  elsewhere_->broadcast(frame, exclusion, id);
  hub_.broadcast(frame, std::move(exclusion), id);
}

bool Everywhere::appends(std::string_view room) const {
  return elsewhere_ && hub_.policy(room).keeps_history();
}

bool Everywhere::broadcast_to_room(std::string_view room, const Seal& seal, Exclusion exclusion,
                                   Appending appending) {
  if (!elsewhere_) return hub_.broadcast_to_room(room, seal, std::move(exclusion));
  const RoomPolicy policy = hub_.policy(room);
  name_device(exclusion);
  bool anyone = false;
  if (policy.keeps_history()) {
    HiddenFrom hidden;
    hidden.users = std::move(exclusion.users);
    hidden.session = std::move(exclusion.session);
    elsewhere_->append(room, policy, seal.encode_plain(), hidden, std::move(appending.once),
                       std::move(appending.told));
    anyone = !hub_.room_members(room).empty();
  } else {
    const Frame frame = seal.encode(std::nullopt);
    const std::uint64_t id = new_id();
    elsewhere_->to_room(room, frame, exclusion, id);
    anyone = hub_.broadcast_to_room(room, frame, std::move(exclusion), id);
  }
  return anyone || !elsewhere_->room_members(room).empty();
}

std::size_t Everywhere::send_to(const std::set<std::string_view>& users, const Frame& frame) {
  std::vector<bool> there;
  const std::uint64_t id = elsewhere_ ? new_id() : 0;
  if (elsewhere_) there = elsewhere_->to_users({users.begin(), users.end()}, frame, id);
  std::size_t count = 0;
  std::size_t at = 0;
  for (const std::string_view user : users) {
    const bool here = hub_.send_to(user, frame, id);
    count += here || (elsewhere_ && there[at]) ? 1 : 0;
    ++at;
  }
  return count;
}

// --- members ---

JoinResult Everywhere::join_user(std::string_view user, std::string_view room) {
  const JoinResult here = hub_.join_user(user, room);
  if (here == JoinResult::name_invalid || !elsewhere_ || !elsewhere_->join_user(user, room))
    return here;
  // What comes of it there is not known yet; the hub there has the same rules.
  return here == JoinResult::not_connected ? JoinResult::joined : here;
}

bool Everywhere::leave_user(std::string_view user, std::string_view room) {
  const bool here = hub_.leave_user(user, room);
  return (elsewhere_ && elsewhere_->leave_user(user, room)) || here;
}

std::size_t Everywhere::disconnect(std::string_view user, std::string_view reason) {
  const auto devices = hub_.members_of(user);
  for (const auto& device : devices) device->revoke(reason);
  return devices.size() + (elsewhere_ ? elsewhere_->disconnect(user, reason) : 0);
}

void Everywhere::limit_devices(std::string_view user, std::size_t max) {
  if (!elsewhere_) return;
  const std::size_t there = elsewhere_->devices(user);
  if (there != 0 && hub_.devices(user) + there > max) elsewhere_->evict(user);
}

// --- who is there ---

std::vector<std::string> Everywhere::users() const {
  return elsewhere_ ? merged(hub_.users(), elsewhere_->users()) : hub_.users();
}

std::size_t Everywhere::devices(std::string_view user) const {
  return hub_.devices(user) + (elsewhere_ ? elsewhere_->devices(user) : 0);
}

std::size_t Everywhere::connections() const {
  return hub_.connections() + (elsewhere_ ? elsewhere_->connections() : 0);
}

std::vector<std::string> Everywhere::room_members(std::string_view room) const {
  return elsewhere_ ? merged(hub_.room_members(room), elsewhere_->room_members(room))
                    : hub_.room_members(room);
}

std::vector<std::string> Everywhere::user_rooms(std::string_view user) const {
  return elsewhere_ ? merged(hub_.user_rooms(user), elsewhere_->user_rooms(user))
                    : hub_.user_rooms(user);
}

bool Everywhere::is_in_room(std::string_view user, std::string_view room) const {
  if (hub_.is_in_room(user, room, nullptr)) return true;
  if (!elsewhere_) return false;
  const auto rooms = elsewhere_->user_rooms(user);
  return std::binary_search(rooms.begin(), rooms.end(), room);
}

std::size_t Everywhere::room_size(std::string_view room) const {
  return elsewhere_ ? room_members(room).size() : hub_.room_size(room);
}

std::vector<std::string> Everywhere::rooms() const {
  return elsewhere_ ? merged(hub_.room_names(), elsewhere_->rooms()) : hub_.room_names();
}

// A room that has members here knows those of other nodes.
Presence::Users Everywhere::presence(std::string_view room) const {
  if (!elsewhere_ || hub_.room(room)) return hub_.presence(room);
  return elsewhere_->presence(room);
}

}  // namespace microframe::hub
