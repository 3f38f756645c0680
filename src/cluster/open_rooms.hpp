// OpenRooms: the rooms of one endpoint that have members here, and what they hear of other nodes: a
// topic, or the log of a room that keeps its messages. A room that has closed is heard for a while
// longer, because it often opens again. Threading: the broker's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/counts.hpp"
#include "cluster/followed_log.hpp"
#include "cluster/presence_change.hpp"
#include "cluster/turns.hpp"
#include "hub/arrivals.hpp"
#include "hub/broker.hpp"
#include "hub/room_policy.hpp"

namespace microframe::cluster {

class OpenRooms {
 public:
  // How long a room that has closed is heard.
  static constexpr std::chrono::seconds kLinger{30};

  using PresenceIn = std::function<hub::Presence::Users(std::string_view room)>;
  // All but presence outlive it. presence: who is in a room on other nodes.
  OpenRooms(hub::Broker& broker, Turns& turns, hub::Arrivals& arrivals, Counts& counts,
            std::string endpoint, PresenceIn presence);

  // opening: as Elsewhere has it.
  void open(const std::string& room, const hub::RoomPolicy& policy, std::uint64_t opening);
  void close(const std::string& room);

  void entry(std::string_view room, std::uint64_t epoch, const hub::Broker::Entry& entry);
  void presence_changed(const PresenceChange& change);
  bool is_open(std::string_view room) const;
  // The subscriptions were interrupted: whatever the logs have is read.
  void restored();
  // Looks whether the logs have what was not heard.
  void check();

 private:
  // opening: not told yet; lingering: closed here, and still heard.
  enum class State : std::uint8_t { opening, open, lingering };
  struct Room {
    State state = State::opening;
    std::uint64_t turn = 0;     // a number of its opening, or closing
    std::uint64_t opening = 0;  // the hub's
    hub::RoomPolicy policy;
    bool in_force = false;             // the broker has confirmed that the room is heard
    std::shared_ptr<FollowedLog> log;  // of a room that keeps its messages, unless lingering
  };
  using Rooms = std::map<std::string, Room, std::less<>>;

  Room* find(const std::string& room, std::uint64_t turn);
  void subscribe(const std::string& name, const Room& room);
  void unsubscribe(const std::string& name, const hub::RoomPolicy& policy);
  void start_log(const std::string& name, Room& room);
  void tell_opened(const std::string& name, std::uint64_t turn);
  void forget(const std::string& name, std::uint64_t turn);
  std::vector<std::shared_ptr<FollowedLog>> logs() const;

  hub::Broker& broker_;
  Turns& turns_;
  hub::Arrivals& arrivals_;
  Counts& counts_;
  const std::string endpoint_;
  const PresenceIn presence_;
  Rooms rooms_;
  std::uint64_t turn_ = 0;
};

}  // namespace microframe::cluster
