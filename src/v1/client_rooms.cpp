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

void put_in(boost::json::object& users, boost::json::string_view user,
            const boost::json::array& devices) {
  Json& present = users[user];
  if (!present.is_array()) present.emplace_array();
  auto& there = present.get_array();
  for (const Json& come : devices) {
    const auto known = std::find_if(there.begin(), there.end(),
                                    [&](const Json& device) { return same_device(device, come); });
    if (known == there.end()) {
      there.push_back(come);
    } else {
      *known = come;
    }
  }
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

void ClientRooms::want(const std::string& room, bool tells_since) {
  Room& wanted = rooms_[room];
  wanted.wanted = true;
  // This join is the one that a new session would begin with.
  if (wanted.standing == Standing::lost) wanted.standing = Standing::out;
  wanted.passes_over = wanted.passes_over || tells_since;
}

void ClientRooms::forsake(const std::string& room) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  found->second.wanted = false;
  // A join that is under way is answered before the leave.
  if (found->second.is_idle()) rooms_.erase(found);
}

JoinedRoom ClientRooms::joined(ServerFrame frame, const Outgoing::Frame* join) {
  Room& room = rooms_[frame.room];
  JoinedRoom told;
  told.room = frame.room;
  told.by_server = join == nullptr;
  told.epoch = frame.epoch;
  told.offset = frame.offset;
  told.presence = frame.presence;
  told.recovered = frame.recovered;
  if (join) room.passes_over = false;
  if (room.passes_over) {
    room.standing = room.was_lost() ? Standing::in_untold : Standing::in;
  } else {
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
  return told;
}

std::optional<JoinedRoom> ClientRooms::refused(const std::string& room) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return std::nullopt;
  found->second.wanted = false;
  const bool passed_over = std::exchange(found->second.passes_over, false);
  if (!found->second.is_in()) {
    rooms_.erase(found);
    return std::nullopt;
  }
  if (!passed_over) return std::nullopt;
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
  if (!joins) return void(rooms_.erase(found));
  Room kept;
  kept.wanted = found->second.wanted;
  kept.passes_over = found->second.passes_over;
  kept.standing = Standing::known_left;
  found->second = std::move(kept);
}

// Decides which messages are new: after a join that told where we stopped, those from there on; after
// a join with `last`, all that were not read yet.
void ClientRooms::move_on(Room& room, const ServerFrame& frame, const Outgoing::Frame* join) {
  if (frame.epoch.empty()) return room.read.reset();
  Since read;
  read.epoch = frame.epoch;
  read.offset = frame.offset.value_or(0);
  if (join && join->since && frame.recovered.value_or(false)) read.offset = join->since->offset;
  if (join && join->last != 0)
    read.offset = room.read && room.read->epoch == frame.epoch ? room.read->offset : 0;
  room.read = std::move(read);
}

bool ClientRooms::accept(const std::string& room, std::optional<std::uint64_t> offset) {
  if (!offset) return true;
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return true;
  if (found->second.passes_over) return false;
  if (!found->second.read) return true;
  Since& read = *found->second.read;
  if (*offset <= read.offset) return false;
  read.offset = *offset;
  return true;
}

bool ClientRooms::change_presence(const std::string& room, const Json& joins, const Json& leaves) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end() || !found->second.presence.is_object()) return false;
  auto& users = found->second.presence.get_object();
  for_each_user(leaves, [&](auto user, const auto& devices) { take_out(users, user, devices); });
  for_each_user(joins, [&](auto user, const auto& devices) { put_in(users, user, devices); });
  return true;
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
    room.presence = nullptr;
    const bool was_in = room.is_in();
    if (was_in && room.read && !room.passes_over) room.read->session = former_session;
    room.standing = was_in || room.was_lost() ? Standing::lost : Standing::out;
    room.passes_over = kept.has_join_since(name);
    if (room.wanted && room.was_lost()) {
      Outgoing::Frame join(Outgoing::Kind::join, 0, name);
      join.since = room.read;
      room.passes_over = join.since.has_value();
      anew.joins.push_back(std::move(join));
    }
    if (was_in && !room.wanted) anew.lost.push_back(name);
    // Of the rooms that the server put us into, only those of the last session are remembered.
    one = room.wanted || was_in || room.passes_over ? std::next(one) : rooms_.erase(one);
  }
  return anew;
}

}  // namespace microframe::v1
