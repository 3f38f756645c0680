// ClientRooms: the rooms a client is in or wants to be in, how far it has read each, and who is
// there. No I/O, no clock, no threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "microframe/client/events.hpp"
#include "microframe/json.hpp"
#include "v1/outgoing.hpp"
#include "v1/server_frame.hpp"

namespace microframe::v1 {

class ClientRooms {
 public:
  // The application's wishes: who wants a room is put into it again in each new session.
  // tells_since: the join says where it stopped.
  void want(const std::string& room, bool tells_since);
  void forsake(const std::string& room);

  // The server says that we are in. join: the wish that it grants; nullptr where it is the server's
  // doing.
  JoinedRoom joined(ServerFrame frame, const Outgoing::Frame* join);
  // A join of ours was refused. returns: the room, if the server has put us into it meanwhile.
  std::optional<JoinedRoom> refused(const std::string& room);
  // We are out. joins: a join of ours is under way, and the room is still wanted.
  void left(const std::string& room, bool joins);
  bool is_in(const std::string& room) const {
    const auto found = rooms_.find(room);
    return found != rooms_.end() && found->second.in;
  }
  // Whether that has been told already, while a join of ours is under way.
  bool is_known_left(const std::string& room) const {
    const auto found = rooms_.find(room);
    return found != rooms_.end() && found->second.known_left;
  }

  // Whether a message of `room` with this offset is new; false: a repeat. It is read from here on.
  bool accept(const std::string& room, std::optional<std::uint64_t> offset);

  // Others came and went. returns: false if we know of no presence there.
  bool change_presence(const std::string& room, const Json& joins, const Json& leaves);
  // Who is there: an object, by user an array with an entry a device; null if we do not know.
  Json presence(const std::string& room) const;
  // Those it is in, sorted.
  std::vector<std::string> names() const;
  // How far a room was read; nullopt where it keeps nothing. session: the one that goes on.
  std::optional<RoomPosition> position(const std::string& room, const std::string& session) const;

  // The session is gone, and with it all memberships. kept: the frames that a new one has of it.
  struct Anew {
    std::vector<Outgoing::Frame> joins;  // that a new one begins with
    std::vector<std::string> lost;  // the rooms of the server's choice, which is its to make again
  };
  Anew begin_anew(const std::string& former_session, const Outgoing& kept);
  void clear() { rooms_.clear(); }

 private:
  struct Room {
    bool wanted = false;
    bool in = false;
    bool again = false;  // it was in, in the session before
    bool known_left = false;
    // A join of ours that says where it stopped is not answered yet: what comes of the room, for
    // the server has put us into it, comes once more behind the answer.
    bool passes_over = false;
    std::optional<Since> read;  // how far, in a room that keeps its messages
    Json presence;
  };
  // Whether nobody but a wish keeps it.
  static bool is_idle(const Room& room) {
    return !room.in && !room.again && !room.known_left && !room.passes_over;
  }
  void move_on(Room& room, const ServerFrame& frame, const Outgoing::Frame* join);

  std::map<std::string, Room, std::less<>> rooms_;
};

}  // namespace microframe::v1
