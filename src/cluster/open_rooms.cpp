#include "cluster/open_rooms.hpp"

#include <utility>

#include "cluster/names.hpp"

namespace microframe::cluster {
namespace {

using hub::Broker;

// What is still on its way when positions are answered has come by then.
constexpr std::chrono::milliseconds kOnItsWay{100};

}  // namespace

OpenRooms::OpenRooms(Broker& broker, Turns& turns, hub::Arrivals& arrivals, Counts& counts,
                     std::string endpoint, PresenceIn presence)
    : broker_(broker),
      turns_(turns),
      arrivals_(arrivals),
      counts_(counts),
      endpoint_(std::move(endpoint)),
      presence_(std::move(presence)) {}

OpenRooms::Room* OpenRooms::find(const std::string& room, std::uint64_t turn) {
  const auto found = rooms_.find(room);
  return found != rooms_.end() && found->second.turn == turn ? &found->second : nullptr;
}

void OpenRooms::open(const std::string& name, const hub::RoomPolicy& policy,
                     std::uint64_t opening) {
  const auto [entry, is_new] = rooms_.try_emplace(name);
  Room& room = entry->second;
  if (!is_new && room.state != State::lingering) return;
  const bool is_other = !is_new && room.policy.keeps_history() != policy.keeps_history();
  if (is_other) {
    unsubscribe(name, room.policy);
    room.in_force = false;
  }
  room.state = State::opening;
  room.turn = ++turn_;
  room.opening = opening;
  room.policy = policy;
  if (room.in_force && !policy.keeps_history()) return tell_opened(name, room.turn);
  // Members must not wait for a broker that is away: they hear each other, and the others later.
  turns_.after(Broker::kPatience, [this, name, turn = room.turn] { tell_opened(name, turn); });
  if (room.in_force) return start_log(name, room);
  subscribe(name, room);
}

void OpenRooms::unsubscribe(const std::string& name, const hub::RoomPolicy& policy) {
  if (policy.keeps_history()) {
    broker_.unfollow(room_log(endpoint_, name));
  } else {
    broker_.unsubscribe(room_topic(endpoint_, name));
  }
}

void OpenRooms::subscribe(const std::string& name, const Room& room) {
  const bool keeps_history = room.policy.keeps_history();
  Broker::Done<Broker::Nothing> done = [this, name, turn = room.turn,
                                        keeps_history](const auto& in_force) {
    Room* const opened = find(name, turn);
    if (!opened) return;
    opened->in_force = in_force.ok();
    if (keeps_history) {
      start_log(name, *opened);
    } else if (in_force) {
      tell_opened(name, turn);
    }
  };
  if (keeps_history) {
    broker_.follow(room_log(endpoint_, name), std::move(done));
  } else {
    broker_.subscribe(room_topic(endpoint_, name), std::move(done));
  }
}

void OpenRooms::start_log(const std::string& name, Room& room) {
  room.log =
      std::make_shared<FollowedLog>(broker_, arrivals_, counts_, room_log(endpoint_, name), name,
                                    [this, name, turn = room.turn] { tell_opened(name, turn); });
  room.log->pump();
}

void OpenRooms::tell_opened(const std::string& name, std::uint64_t turn) {
  Room* const room = find(name, turn);
  if (!room || room->state != State::opening) return;
  room->state = State::open;
  arrivals_.opened(name, room->opening,
                   room->policy.presence ? presence_(name) : hub::Presence::Users());
}

void OpenRooms::close(const std::string& name) {
  const auto found = rooms_.find(name);
  if (found == rooms_.end() || found->second.state == State::lingering) return;
  Room& room = found->second;
  room.state = State::lingering;
  room.log.reset();
  room.turn = ++turn_;
  turns_.after(kLinger, [this, name, turn = room.turn] { forget(name, turn); });
}

void OpenRooms::forget(const std::string& name, std::uint64_t turn) {
  const Room* const room = find(name, turn);
  if (!room) return;
  unsubscribe(name, room->policy);
  rooms_.erase(name);
}

void OpenRooms::entry(std::string_view room, std::uint64_t epoch, const Broker::Entry& entry) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  // The hub may close the room in the call.
  if (const std::shared_ptr<FollowedLog> log = found->second.log) log->entry(epoch, entry);
}

bool OpenRooms::is_open(std::string_view room) const {
  const auto found = rooms_.find(room);
  return found != rooms_.end() && found->second.state != State::lingering;
}

void OpenRooms::presence_changed(const PresenceChange& change) {
  const auto found = rooms_.find(change.room);
  if (found == rooms_.end() || found->second.state != State::open) return;
  if (found->second.policy.presence)
    arrivals_.presence_changed(change.room, change.joins, change.leaves);
}

std::vector<std::shared_ptr<FollowedLog>> OpenRooms::logs() const {
  std::vector<std::shared_ptr<FollowedLog>> result;
  for (const auto& [name, room] : rooms_)
    if (room.log) result.push_back(room.log);
  return result;
}

void OpenRooms::restored() {
  for (const auto& log : logs()) log->interrupted();
}

void OpenRooms::check() {
  std::vector<std::string> names;
  std::vector<std::weak_ptr<FollowedLog>> asked;  // which may close meanwhile
  for (const auto& log : logs()) {
    asked.push_back(log);
    log->pump();  // goes on with what has failed
    log->positions_asked();
    names.push_back(log->log());
  }
  if (asked.empty()) return;
  using Positions = std::vector<Broker::Position>;
  broker_.positions(std::move(names), [this, asked = std::move(asked)](
                                          const base::Result<Positions, Broker::Failure>& told) {
    if (!told || told->size() != asked.size()) return;
    for (std::size_t i = 0; i < asked.size(); ++i)
      if (const auto log = asked[i].lock()) log->position((*told)[i]);
    turns_.after(kOnItsWay, [asked] {
      for (const auto& each : asked)
        if (const auto log = each.lock()) log->look();
    });
  });
}

}  // namespace microframe::cluster
