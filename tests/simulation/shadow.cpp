#include "simulation/shadow.hpp"

#include <algorithm>

#include "proto/frame_header.hpp"

namespace microframe::simulation {
namespace {

using ws::JoinResult;

// Small, so that every one is met.
hub::HubLimits hub_limits() {
  hub::HubLimits result;
  result.devices_per_user_max = 2;
  result.rooms_per_member_max = 2;
  result.rooms_max = 3;
  result.room_name_bytes_max = 4;
  return result;
}

std::vector<hub::LoopPort*> ports(const Shadow::Loops& loops) {
  std::vector<hub::LoopPort*> result;
  for (const auto& loop : loops) result.push_back(loop.get());
  return result;
}

}  // namespace

Shadow::Shadow(const Loops& loops, Random& random, const Trace& trace)
    : loops_(loops), random_(random), trace_(trace), hub_(ports(loops), hub_limits()) {}

// --- coming and going ---

base::Ref<hub::Member> Shadow::add(Guest& guest) {
  require(guest.record().presence == Record::Presence::absent, [] { return "added twice"; });
  trace_([&] { return "#" + std::to_string(guest.id()) + " added: " + guest.user(); });
  guest.record().presence = Record::Presence::present;
  roster_.add(guest);
  Guest* oldest = nullptr;
  // A guest that was told to go, and has not gone yet, takes no place.
  const auto takes_place = [&](const Guest* one) {
    return one->is_present() && !one->record().evicted && one->user() == guest.user();
  };
  const auto& guests = roster_.guests();
  const auto places = std::count_if(guests.begin(), guests.end(), takes_place);
  if (static_cast<std::size_t>(places) > hub_limits().devices_per_user_max) {
    oldest = *std::find_if(guests.begin(), guests.end(), takes_place);
    oldest->record().evicted = true;
  }
  auto replaced = hub_.add(guest);
  require(replaced.get() == oldest, [] { return "add() names another device than the oldest"; });
  return replaced;
}

void Shadow::begin_leave(Guest& guest) {
  trace_([&] { return "#" + std::to_string(guest.id()) + " begins to leave"; });
  if (guest.is_present()) guest.record().presence = Record::Presence::leaving;
  guest.record().owed.clear();
  hub_.begin_leave(guest);
}

void Shadow::remove(Guest& guest) {
  trace_([&] { return "#" + std::to_string(guest.id()) + " removed"; });
  Names kept(guest.rooms().begin(), guest.rooms().end());
  require_same("rooms_of", guest.user(), hub_.rooms_of(guest),
               kept);  // still answered inside on_disconnect
  Record& record = guest.record();
  record.presence = Record::Presence::removed;
  record.owed.clear();
  record.rooms.clear();
  roster_.remove(guest);
  hub_.remove(guest);
}

// --- rooms ---

JoinResult Shadow::expect_join(const Guest& guest, std::string_view room) const {
  if (!guest.is_present()) return JoinResult::not_connected;
  if (room.empty() || room.size() > hub_limits().room_name_bytes_max)
    return JoinResult::name_invalid;
  if (guest.rooms().contains(room)) return JoinResult::already_in;
  if (guest.rooms().size() >= hub_limits().rooms_per_member_max) return JoinResult::too_many_rooms;
  const Names in_use = roster_.rooms();
  const bool exists = std::binary_search(in_use.begin(), in_use.end(), room);
  return !exists && in_use.size() >= hub_limits().rooms_max ? JoinResult::too_many_rooms
                                                            : JoinResult::joined;
}

void Shadow::joined(Guest& guest, std::string_view room) {
  guest.record().rooms.emplace(room);
  const SimLoop& loop = loop_of(guest);
  // Here a leave made elsewhere comes into force first, before what was sent before it has come.
  if (loop.is_current() && may_still_hear(guest, room))
    std::erase_if(guest.record().owed, [&](const Record::Owed& owed) { return owed.room == room; });
  guest.record().seated_after[std::string(room)] =
      loop.is_current() ? loop.executed() : loop.posted();
}

bool Shadow::left(Guest& guest, std::string_view room) {
  Record& record = guest.record();
  const auto found = record.rooms.find(room);
  if (found == record.rooms.end()) return false;
  record.rooms.erase(found);
  // A leave from elsewhere comes into force behind what was sent before it.
  const bool at_once = loop_of(guest).is_current();
  std::erase_if(record.owed, [&](const Record::Owed& owed) {
    return owed.room == room && (at_once || owed.under_way);
  });
  return true;
}

void Shadow::join(Guest& guest, std::string_view room) {
  const JoinResult expected = expect_join(guest, room);
  const JoinResult result = hub_.join(guest, room);
  require(result == expected,
          [&] { return "join gave " + std::to_string(static_cast<int>(result)); });
  trace_([&] { return "#" + std::to_string(guest.id()) + " joins " + std::string(room); });
  if (result == JoinResult::joined) joined(guest, room);
}

void Shadow::leave(Guest& guest, std::string_view room) {
  trace_([&] { return "#" + std::to_string(guest.id()) + " leaves " + std::string(room); });
  const bool expected = left(guest, room);
  require(hub_.leave(guest, room) == expected, [] { return "leave gave the wrong answer"; });
  const SimLoop& loop = loop_of(guest);
  if (expected && !loop.is_current())
    guest.record().unseated_after[std::string(room)] = loop.posted();
}

void Shadow::join_user(std::string_view user, std::string_view room) {
  trace_([&] { return "every device of " + std::string(user) + " joins " + std::string(room); });
  auto expected = JoinResult::not_connected;
  std::vector<Guest*> joining;
  for (Guest* guest : roster_.guests()) {
    if (guest->user() != user || !guest->is_present()) continue;
    const JoinResult one = expect_join(*guest, room);
    expected = expected == JoinResult::not_connected ? one : std::min(expected, one);
    if (one != JoinResult::joined) continue;
    guest->record().rooms.emplace(room);  // the next device finds the room made
    joining.push_back(guest);
  }
  const JoinResult result = hub_.join_user(user, room);
  require(result == expected,
          [&] { return "join_user gave " + std::to_string(static_cast<int>(result)); });
  for (Guest* guest : joining) joined(*guest, room);
}

void Shadow::leave_user(std::string_view user, std::string_view room) {
  trace_([&] { return "every device of " + std::string(user) + " leaves " + std::string(room); });
  std::vector<Guest*> leaving;
  for (Guest* guest : roster_.guests()) {
    if (guest->user() == user && left(*guest, room)) leaving.push_back(guest);
  }
  const bool result = hub_.leave_user(user, room);
  require(result == !leaving.empty(), [] { return "leave_user gave the wrong answer"; });
  for (Guest* guest : leaving) {
    const SimLoop& loop = loop_of(*guest);
    if (!loop.is_current()) guest->record().unseated_after[std::string(room)] = loop.posted();
  }
}

// --- messages ---

bool Shadow::may_hear(const Guest& guest, std::string_view room) const {
  return guest.rooms().contains(room) || may_still_hear(guest, room);
}

// A leave made on another loop lets through what its own loop has not yet heard of.
bool Shadow::may_still_hear(const Guest& guest, std::string_view room) const {
  const auto& unseated_after = guest.record().unseated_after;
  const auto mark = unseated_after.find(room);
  return mark != unseated_after.end() && loop_of(guest).executed() < mark->second;
}

bool Shadow::must_hear(const Guest& guest, const Note& note) const {
  if (!guest.is_present() || guest.user() == note.left_out || guest.id() == note.left_out_device)
    return false;
  if (note.kind == Note::Kind::everyone) return true;
  if (note.kind == Note::Kind::user) return guest.user() == note.target;
  if (!guest.rooms().contains(note.target)) return false;
  const SimLoop& loop = loop_of(guest);
  return !loop.is_current() ||
         loop.executed() >= guest.record().seated_after.find(note.target)->second;
}

void Shadow::say(Note note, std::string_view padding) {
  const std::string text = to_text(note, padding);
  trace_([&] { return "says " + text.substr(0, 60); });
  const base::Frame frame(proto::encode_message(false, base::as_bytes(text)));
  const bool room = note.kind == Note::Kind::room;
  for (Guest* guest : roster_.guests()) {
    if (must_hear(*guest, note))
      guest->record().owed.push_back(
          {note.sender, note.number, room ? std::string(note.target) : std::string(), true});
  }
  hub::Exclusion exclusion;
  if (!note.left_out.empty()) exclusion.users.emplace_back(note.left_out);
  for (Guest* guest : roster_.guests()) {
    if (guest->id() == note.left_out_device) exclusion.device = base::Ref<hub::Member>(guest);
  }
  send(note, frame, exclusion);
  for (Guest* guest : roster_.guests()) {
    for (Record::Owed& owed : guest->record().owed) {
      if (owed.sender == note.sender && owed.number == note.number) owed.under_way = false;
    }
  }
}

void Shadow::send(const Note& note, const base::Frame& frame, const hub::Exclusion& exclusion) {
  switch (note.kind) {
    case Note::Kind::everyone:
      preemptible_ = true;
      hub_.broadcast(frame, exclusion);
      preemptible_ = false;
      return;
    case Note::Kind::room: {
      const bool expected = !roster_.members_of(note.target).empty();
      preemptible_ = true;
      require(hub_.broadcast_to_room(note.target, frame, exclusion) == expected,
              [] { return "broadcast_to_room gave the wrong answer"; });
      preemptible_ = false;
      return;
    }
    case Note::Kind::user: {
      const bool expected = roster_.devices_of(note.target) != 0;
      require(hub_.send_to(note.target, frame) == expected,
              [] { return "send_to gave the wrong answer"; });
      return;
    }
  }
}

bool Shadow::delivered(Guest& guest, const Note& note) {
  const auto what = [&](const char* fault) {
    return std::string(fault) + ": #" + std::to_string(guest.id()) + " got " + to_text(note, {});
  };
  require(loop_of(guest).is_current(), [&] { return what("not on the member's loop"); });
  // A leave from another loop that has not come into force outlives the member; a message to it is
  // under way.
  const bool under_way = note.kind == Note::Kind::user ||
                         (note.kind == Note::Kind::room && may_hear(guest, note.target));
  require(guest.record().presence != Record::Presence::removed || under_way,
          [&] { return what("a removed member"); });
  require(guest.record().presence != Record::Presence::absent,
          [&] { return what("a member not yet added"); });
  // A room is left last, for on_disconnect may still ask for it; the connection drops what comes
  // meanwhile.
  if (!guest.is_present()) {
    require(note.kind != Note::Kind::everyone, [&] { return what("a member that leaves"); });
    return false;
  }
  unsigned& last = guest.record().last_number[note.sender];
  require(note.number > last, [&] { return what(note.number == last ? "twice" : "out of order"); });
  last = note.number;
  require(guest.user() != note.left_out && guest.id() != note.left_out_device,
          [&] { return what("was left out"); });
  require(note.kind != Note::Kind::user || guest.user() == note.target,
          [&] { return what("another user"); });
  require(note.kind != Note::Kind::room || may_hear(guest, note.target),
          [&] { return what("is not in the room"); });
  std::erase_if(guest.record().owed, [&](const Record::Owed& owed) {
    return owed.sender == note.sender && owed.number == note.number;
  });
  return true;
}

// --- the hub's tables ---

void Shadow::check_room(std::string_view room) const {
  require_same("room_members", room, hub_.room_members(room), roster_.members_of(room));
}

void Shadow::check_user(const std::string& user) const {
  require_same("user_rooms", user, hub_.user_rooms(user), roster_.rooms_of(user));
  require(hub_.devices(user) == roster_.devices_of(user),
          [&] { return "devices(" + user + ") is wrong"; });
}

void Shadow::check_something() {
  if (random_.percent(50)) return check_room(random_.pick(room_names_));
  check_user(random_.pick(users_));
}

void Shadow::check_everything() const {
  for (const std::string& room : room_names_) check_room(room);
  for (const std::string& user : users_) check_user(user);
  for (const Guest* guest : roster_.guests())
    require_same("rooms_of", guest->user(), hub_.rooms_of(*guest),
                 Names(guest->rooms().begin(), guest->rooms().end()));
  require_same("users", "", hub_.users(), roster_.users());
  require(hub_.connections() == roster_.connections(), [] { return "connections() is wrong"; });
  require(hub_.rooms() == roster_.rooms().size(), [] { return "rooms() is wrong"; });
}

void Shadow::check_nothing_owed() const {
  for (const auto& loop : loops_) require(!loop->waiting(), [] { return "a loop is not at rest"; });
  for (const Guest* guest : roster_.guests()) {
    require(guest->record().owed.empty(), [&] {
      const auto& owed = guest->record().owed.front();
      return "lost: #" + std::to_string(guest->id()) + " never got message " +
             std::to_string(owed.number) + " of #" + std::to_string(owed.sender) +
             (owed.room.empty() ? "" : " to " + owed.room);
    });
  }
}

void Shadow::check_empty() const {
  require(roster_.guests().empty(), [] { return "somebody is still here"; });
  require(hub_.users().empty() && hub_.connections() == 0 && hub_.rooms() == 0,
          [] { return "the hub's tables are not empty at the end"; });
}

}  // namespace microframe::simulation
