#include "simulation/sessions/device_rooms.hpp"

#include <utility>

namespace microframe::simulation::sessions {

void DeviceRooms::begin_join(const std::string& room, unsigned number, const base::Since* since,
                             std::uint64_t last) {
  PendingJoin& join = joins_[room];
  join.number = number;
  join.since = since ? std::optional(*since) : std::nullopt;
  join.last = last;
}

void DeviceRooms::settled(unsigned number, const std::string& code) {
  std::erase_if(joins_, [&](const auto& join) { return join.second.number == number; });
  const auto leave = leaves_.find(number);
  if (leave == leaves_.end()) return;
  // A room that the client was only about to enter again may be left without a word, unless the
  // room is wanted once more.
  Room& room = rooms_[leave->second];
  const auto join = joins_.find(leave->second);
  const bool joins_since = join != joins_.end() && join->second.number > number;
  if (code.empty() && room.limbo && !joins_since) {
    room = {};
    room.left = true;
  }
  leaves_.erase(leave);
}

void DeviceRooms::heard(const v1::TellMessage& message) {
  const auto* members = message.data.if_object();
  const Json* number = members ? members->if_contains("g") : nullptr;
  require(number && !message.room.empty(), [&] { return name_ + " is told what nobody said"; });
  const Annals::Entry& entry = scene_.annals.of(number->to_number<std::uint64_t>());
  require(entry.room == message.room && entry.offset == message.offset.value_or(0),
          [&] { return name_ + " is told another room or offset"; });
  scene_.trace(
      [&] { return name_ + " hears " + entry.epoch + "#" + std::to_string(entry.offset); });
  Room& room = rooms_[message.room];
  require(room.in && !room.limbo && !room.repeating,
          [&] { return name_ + " hears of " + message.room + " where it is not"; });
  room.view.take(scene_.annals, entry, reader());
}

void DeviceRooms::joined(const JoinedRoom& joined) {
  scene_.trace([&] {
    const char* recovered = !joined.recovered   ? ""
                            : *joined.recovered ? " recovered"
                                                : " not recovered";
    const std::string place = joined.epoch + "#" + std::to_string(joined.offset.value_or(0));
    return name_ + " is in " + joined.room + " " + place + recovered +
           (joined.again ? " again" : "") + (joined.by_server ? " by the server" : "");
  });
  Room& room = rooms_[joined.room];
  const auto pending = joins_.find(joined.room);
  // What a room that keeps nothing says does not come again, and is told at once.
  const bool wishes = !joined.epoch.empty() && pending != joins_.end() &&
                      (pending->second.since || pending->second.last != 0);
  room.in = true;
  room.left = false;
  const bool was_there = room.repeating;
  // The server has put us in before it has seen our own join: behind the answer all comes again.
  room.repeating = joined.by_server && !joined.again && !joined.recovered && (room.limbo || wishes);
  if (!room.repeating) {
    begin_view(room, joined);
    if (was_there) room.view.hear_late_ones();
    room.limbo = false;
    room.read_in = session_;
  }
}

void DeviceRooms::begin_view(Room& room, const JoinedRoom& joined) {
  const auto pending = joins_.find(joined.room);
  const bool answers = pending != joins_.end() && !joined.by_server && !room.limbo;
  const std::uint64_t offset = joined.offset.value_or(0);
  if (answers && pending->second.last != 0)
    return room.view.hear_latest(joined.epoch, joined.recovered.value_or(false));
  if (!joined.recovered.value_or(false)) {
    // If our join was refused and we are in all the same, nobody says where the room stands.
    const bool nobody_says = joined.epoch.empty() && House::keeps_history(joined.room);
    return nobody_says ? room.view.begin_anywhere() : room.view.begin_at(joined.epoch, offset);
  }
  const auto since = answers ? pending->second.since : room.stood;
  if (!since) return room.view.go_on_after(room.stood_in, offset);
  require(since->epoch == joined.epoch, [&] { return name_ + " recovered another epoch"; });
  room.view.begin_after(*since, offset);
}

void DeviceRooms::left(const LeftRoom& left) {
  scene_.trace([&] { return name_ + " has left " + left.room + " " + left.code; });
  Room& room = rooms_[left.room];
  require(room.in || room.left,
          [&] { return name_ + " leaves " + left.room + " where it is not"; });
  if (const auto position = room.view.position(room.read_in);
      position && !room.repeating && !room.limbo)
    bookmarks_[left.room] = *position;
  Room next;
  // The join made anew may still be answered, with what follows the place where the view stood.
  if (room.limbo) {
    next.stood = std::move(room.stood);
    next.stood_in = std::move(room.stood_in);
  }
  room = std::move(next);
}

void DeviceRooms::presence_changed(const std::string& room) const {
  const auto found = rooms_.find(room);
  const bool is_there = found != rooms_.end() && found->second.in &&
                        (!found->second.limbo || found->second.repeating);
  require(is_there, [&] { return name_ + " is told who is where it is not"; });
}

void DeviceRooms::lose_session() {
  for (auto& [name, room] : rooms_) {
    if (!room.in || room.limbo) continue;
    room.limbo = true;
    room.stood_in = room.read_in;
    room.stood = room.view.position(room.read_in);
  }
}

void DeviceRooms::check_at_rest() const {
  require(joins_.empty(), [&] { return name_ + " waits for a room"; });
  for (const auto& [name, room] : rooms_) {
    require(!room.in || !room.limbo, [&] { return name_ + " never came back to " + name; });
    require(!room.in || !room.repeating,
            [&] { return name_ + " still passes over what comes of " + name; });
    if (room.in) room.view.check_complete(scene_.annals, reader());
  }
}

}  // namespace microframe::simulation::sessions
