#include "v1/client_rooms.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

namespace microframe::v1 {
namespace {

bool same_device(const Json& one, const Json& other) {
  const auto* a = one.if_object();
  const auto* b = other.if_object();
  const Json* a_device = a ? a->if_contains("device") : nullptr;
  const Json* b_device = b ? b->if_contains("device") : nullptr;
  return a_device && b_device && *a_device == *b_device;
}

void take_out(boost::json::object& users, boost::json::string_view user,
              const boost::json::array& devices) {
  Json* present = users.if_contains(user);
  auto* there = present ? present->if_array() : nullptr;
  if (!there) return;
  for (const Json& gone : devices) {
    there->erase(std::remove_if(there->begin(), there->end(),
                                [&](const Json& device) { return same_device(device, gone); }),
                 there->end());
  }
  if (there->empty()) users.erase(user);
}

// returns: false if the user has too many devices.
bool put_in(boost::json::object& users, boost::json::string_view user,
            const boost::json::array& devices) {
  Json& present = users[user];
  if (!present.is_array()) present.emplace_array();
  auto& there = present.get_array();
  for (const Json& come : devices) {
    const auto known = std::find_if(there.begin(), there.end(),
                                    [&](const Json& device) { return same_device(device, come); });
    if (known != there.end()) {
      *known = come;
    } else if (there.size() >= ClientRooms::kDevicesMax) {
      return false;
    } else {
      there.push_back(come);
    }
  }
  return true;
}

// About how many bytes of memory a value takes. value: nested no deeper than the parser lets it be.
std::size_t bytes_of(const Json& value) {
  constexpr std::size_t kValue = 24;
  std::size_t bytes = kValue;
  if (const auto* text = value.if_string()) bytes += text->size();
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object)
      bytes += kValue + member.key().size() + bytes_of(member.value());
  }
  if (const auto* array = value.if_array()) {
    for (const Json& one : *array) bytes += bytes_of(one);
  }
  return bytes;
}

bool has_crowded_user(const Json& presence) {
  const auto* users = presence.if_object();
  return users && std::any_of(users->begin(), users->end(), [](const auto& user) {
           const auto* devices = user.value().if_array();
           return devices && devices->size() > ClientRooms::kDevicesMax;
         });
}

// Calls apply(user, devices) for each user of a difference.
template <class Apply>
void for_each_user(const Json& difference, Apply&& apply) {
  const auto* users = difference.if_object();
  if (!users) return;
  for (const auto& user : *users) {
    if (const auto* devices = user.value().if_array()) apply(user.key(), *devices);
  }
}

}  // namespace

bool ClientRooms::takes(const std::string& room, std::string_view epoch) const {
  if (epoch.size() > kEpochBytesMax) return false;
  return rooms_.contains(room) ||
         (rooms_.size() < bounds_.rooms_max && bytes_ + room.size() <= bounds_.bytes_max);
}

ClientRooms::Room& ClientRooms::room_of(const std::string& name) {
  const auto [found, added] = rooms_.try_emplace(name);
  if (added) charge(*found);
  return found->second;
}

// Counts anew what a room takes.
void ClientRooms::charge(Rooms::value_type& room) {
  const auto& read = room.second.read;
  const std::size_t bytes =
      room.first.size() + (read ? read->epoch.size() : 0) + room.second.presence_bytes;
  bytes_ = bytes_ - room.second.bytes + bytes;
  room.second.bytes = bytes;
}

void ClientRooms::forget_presence(Rooms::value_type& room) {
  room.second.presence = nullptr;
  room.second.presence_bytes = 0;
  charge(room);
}

ClientRooms::Rooms::iterator ClientRooms::erase(Rooms::iterator room) {
  bytes_ -= room->second.bytes;
  return rooms_.erase(room);
}

void ClientRooms::want(const std::string& room, bool wishes) {
  Room& wanted = room_of(room);
  // The application was told that it had left: what it read before does not count any more.
  if (wanted.standing == Standing::lost && !wanted.wanted) wanted.read.reset();
  wanted.wanted = true;
  // This join is the one that a new session would begin with.
  if (wanted.standing == Standing::lost) wanted.standing = Standing::out;
  wanted.passes_over = wanted.passes_over || wishes;
}

void ClientRooms::forsake(const std::string& room) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  found->second.wanted = false;
  // A join that is under way is answered before the leave.
  if (found->second.is_idle()) erase(found);
}

JoinedRoom ClientRooms::joined(ServerFrame frame, const Outgoing::Frame* join, bool wishes) {
  room_of(frame.room);
  const auto entry = rooms_.find(frame.room);
  Room& room = entry->second;
  JoinedRoom told;
  told.room = frame.room;
  told.by_server = join == nullptr;
  told.epoch = frame.epoch;
  told.offset = frame.offset;
  told.presence = frame.presence;
  told.recovered = frame.recovered;
  room.joined_at = frame.offset.value_or(0);
  if (!join && room.passes_over) {
    room.has_gap = true;
    room.standing = room.was_lost() ? Standing::in_untold : Standing::in;
  } else {
    room.has_gap = false;
    room.passes_over = wishes;
    told.again = room.was_lost();
    room.standing = Standing::in;
    // The server puts us in without being told how far we had read: nothing is missing only if
    // nobody has written since.
    if (told.again && !frame.recovered)
      told.recovered = !join && room.read && frame.epoch == room.read->epoch &&
                       frame.offset == room.read->offset;
    move_on(room, frame, join);
  }
  room.presence = std::move(frame.presence);
  room.presence_bytes = room.presence.is_null() ? 0 : bytes_of(room.presence);
  charge(*entry);
  if (bytes_ > bounds_.bytes_max || has_crowded_user(room.presence)) forget_presence(*entry);
  return told;
}

std::optional<JoinedRoom> ClientRooms::refused(const std::string& room, bool wishes) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return std::nullopt;
  found->second.wanted = false;
  found->second.passes_over = wishes;
  if (!found->second.is_in()) {
    if (!wishes) erase(found);
    return std::nullopt;
  }
  if (wishes || !std::exchange(found->second.has_gap, false)) return std::nullopt;
  // What was passed over does not come again: reading goes on with what comes next.
  found->second.read.reset();
  JoinedRoom told;
  told.room = room;
  told.by_server = true;
  told.again = found->second.was_lost();
  found->second.standing = Standing::in;
  told.recovered = false;
  told.presence = found->second.presence;
  return told;
}

void ClientRooms::left(const std::string& room, bool joins) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  if (!joins) return void(erase(found));
  Room kept;
  kept.wanted = found->second.wanted;
  kept.passes_over = found->second.passes_over;
  kept.standing = Standing::known_left;
  kept.bytes = found->second.bytes;
  found->second = std::move(kept);
  charge(*found);
}

// Decides which messages are new: after a join that told where we stopped, those from there on; after
// a join with `last`, all that were not told yet. The wish for the latest messages is the join's,
// whoever put us into the room before: what we were not told then is told now. What is passed over
// for a join that is still under way comes behind its answer.
void ClientRooms::move_on(Room& room, const ServerFrame& frame, const Outgoing::Frame* join) {
  room.older_read = room.older_below = 0;
  if (frame.epoch.empty()) return room.read.reset();
  const bool goes_on = room.read && room.read->epoch == frame.epoch;
  // The session goes on on another node: what was missed follows.
  if (!join && goes_on && frame.recovered.value_or(false)) return;
  const bool waits = join && !join->since && room.passes_over;
  if (join && goes_on && (join->last != 0 || waits)) {
    room.older_below = room.oldest;
    room.read->session.clear();
    return;
  }
  Since read;
  read.epoch = frame.epoch;
  if (join && join->last != 0) {
    room.oldest = 0;
  } else if (join && join->since && frame.recovered.value_or(false)) {
    read.offset = join->since->offset;
    if (!goes_on) room.oldest = read.offset + 1;
  } else {
    read.offset = frame.offset.value_or(0);
    room.oldest = read.offset + 1;
  }
  room.read = std::move(read);
}

bool ClientRooms::accept(const std::string& room, std::optional<std::uint64_t> offset) {
  if (!offset) return true;
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return true;
  Room& in = found->second;
  if (in.passes_over && *offset > in.joined_at) {
    in.has_gap = true;
    return false;
  }
  if (!in.read) return true;
  if (*offset > in.read->offset) {
    if (in.oldest == 0) in.oldest = *offset;
    in.read->offset = *offset;
    return true;
  }
  if (*offset >= in.older_below || *offset <= in.older_read) return false;
  if (in.older_read == 0) in.oldest = *offset;
  in.older_read = *offset;
  return true;
}

bool ClientRooms::change_presence(const std::string& room, const Json& joins, const Json& leaves) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end() || !found->second.presence.is_object()) return false;
  auto& users = found->second.presence.get_object();
  bool fits = true;
  for_each_user(leaves, [&](auto user, const auto& devices) { take_out(users, user, devices); });
  for_each_user(
      joins, [&](auto user, const auto& devices) { fits = fits && put_in(users, user, devices); });
  // What left, or was replaced, is not taken off until all is counted anew, which is worth it only
  // where a quarter of the bounds is then free.
  found->second.presence_bytes += bytes_of(joins);
  charge(*found);
  if (bytes_ > bounds_.bytes_max) {
    found->second.presence_bytes = bytes_of(found->second.presence);
    charge(*found);
    fits = fits && bytes_ <= bounds_.bytes_max / 4 * 3;
  }
  if (!fits) forget_presence(*found);
  return fits;
}

Json ClientRooms::presence(const std::string& room) const {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? Json{} : found->second.presence;
}

std::vector<std::string> ClientRooms::names() const {
  std::vector<std::string> names;
  for (const auto& [name, room] : rooms_) {
    if (room.is_in()) names.push_back(name);
  }
  return names;
}

std::optional<RoomPosition> ClientRooms::position(const std::string& room,
                                                  const std::string& session) const {
  const auto found = rooms_.find(room);
  if (found == rooms_.end() || !found->second.read) return std::nullopt;
  const Since& read = *found->second.read;
  RoomPosition position;
  position.epoch = read.epoch;
  position.offset = read.offset;
  position.session = read.session.empty() ? session : read.session;
  return position;
}

ClientRooms::Anew ClientRooms::begin_anew(const std::string& former_session, const Outgoing& kept) {
  Anew anew;
  for (auto one = rooms_.begin(); one != rooms_.end();) {
    auto& [name, room] = *one;
    forget_presence(*one);
    const bool was_in = room.is_in();
    if (was_in && room.read && room.read->session.empty()) room.read->session = former_session;
    room.standing = was_in || room.was_lost() ? Standing::lost : Standing::out;
    room.passes_over = kept.has_wish(name);
    room.has_gap = false;
    if (room.wanted && room.was_lost()) {
      Outgoing::Frame join(Outgoing::Kind::join, 0, name);
      join.since = room.read;
      room.passes_over = join.since.has_value();
      anew.joins.push_back(std::move(join));
    }
    if (was_in && !room.wanted) anew.lost.push_back(name);
    // Of the rooms that the server put us into, only those of the last session are remembered.
    one = room.wanted || was_in || room.passes_over ? std::next(one) : erase(one);
  }
  return anew;
}

}  // namespace microframe::v1
