// ClientRooms: the rooms that a client is in or wants to be in, how far each was read, and who is
// there. No I/O, no clock, no threads.
#pragma once

#include <cstddef>
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
  // What a server may have a client keep. Past `bytes_max`, presence goes first.
  struct Bounds {
    std::size_t rooms_max = 10'000;
    std::size_t bytes_max = std::size_t{16} * 1024 * 1024;  // of names, epochs and presence
  };
  static constexpr std::size_t kEpochBytesMax = 256;
  // Of one user in one room. A change of presence is looked for among so many entries.
  static constexpr std::size_t kDevicesMax = 1'000;

  ClientRooms() : ClientRooms(Bounds{}) {}
  explicit ClientRooms(Bounds bounds) : bounds_(bounds) {}

  // Whether the bounds allow the room, which they do if it is known already. epoch: of its offsets.
  bool takes(const std::string& room, std::string_view epoch = {}) const;

  // The application's wishes: a room that is wanted is joined again in each new session.
  // wishes: the join says which messages must follow.
  void want(const std::string& room, bool wishes);
  void forsake(const std::string& room);

  // The server says that we are in a room. join: the wish that is granted; nullptr if the server
  // has chosen the room. wishes: another join that says which messages must follow is under way.
  JoinedRoom joined(ServerFrame frame, const Outgoing::Frame* join, bool wishes = false);
  // A join of ours was refused. wishes: as above.
  // returns: the room, if we are in it all the same, and something was passed over for the join.
  std::optional<JoinedRoom> refused(const std::string& room, bool wishes = false);
  // We are out of a room. joins: a join of ours is under way, and the room is still wanted.
  void left(const std::string& room, bool joins);
  bool is_in(const std::string& room) const {
    const auto found = rooms_.find(room);
    return found != rooms_.end() && found->second.is_in();
  }
  // Whether the application knows that we have left, while a join of ours is under way.
  bool is_known_left(const std::string& room) const {
    const auto found = rooms_.find(room);
    return found != rooms_.end() && found->second.standing == Standing::known_left;
  }

  // Whether a message of `room` with this offset is new, and not a repeat. From here on the message
  // counts as read.
  bool accept(const std::string& room, std::optional<std::uint64_t> offset);

  // Others came and went.
  // returns: false if we know of no presence in the room, or not any more: it passes the bounds.
  bool change_presence(const std::string& room, const Json& joins, const Json& leaves);
  // Who is there: an object with an array per user, which has an entry per device; null if that is
  // not known.
  Json presence(const std::string& room) const;
  bool knows_presence(const std::string& room) const {
    const auto found = rooms_.find(room);
    return found != rooms_.end() && found->second.presence.is_object();
  }
  // The rooms that we are in, sorted.
  std::vector<std::string> names() const;
  // How far a room was read. session: the one that goes on.
  // returns: nullopt if the room keeps no messages.
  std::optional<RoomPosition> position(const std::string& room, const std::string& session) const;

  // The session is gone, and with it all memberships. kept: the frames that go into the new one.
  struct Anew {
    std::vector<Outgoing::Frame> joins;  // that the new session begins with
    std::vector<std::string> lost;       // rooms that the server chose, and must choose again
  };
  Anew begin_anew(const std::string& former_session, const Outgoing& kept);
  void clear() {
    rooms_.clear();
    bytes_ = 0;
  }

 private:
  enum class Standing : std::uint8_t {
    out,
    in,
    lost,        // the session that was in the room is gone
    in_untold,   // lost, then in by the server's doing, which the answer to our join will tell
    known_left,  // left, and told so, while a join of ours is under way
  };
  struct Room {
    bool is_in() const { return standing == Standing::in || standing == Standing::in_untold; }
    bool was_lost() const { return standing == Standing::lost || standing == Standing::in_untold; }
    // Whether nothing but a wish keeps the room.
    bool is_idle() const { return standing == Standing::out && !passes_over; }

    Standing standing = Standing::out;
    bool wanted = false;
    // A join of ours that says which messages must follow is not answered yet. What comes of the
    // room before that, because we are in it already, comes once more behind the answer.
    bool passes_over = false;
    bool has_gap = false;         // something was passed over
    std::uint64_t joined_at = 0;  // the latest offset as the server said that we are in
    std::optional<Since> read;    // how far, in a room that keeps its messages
    // The first offset that was told in this epoch; reading went on from there to `read`. 0: none
    // was told yet.
    std::uint64_t oldest = 0;
    // A join with `last` was answered for a room that was being read: of what follows, the messages
    // between these two are older than all that was told, and are told now.
    std::uint64_t older_read = 0;
    std::uint64_t older_below = 0;
    Json presence;
    std::size_t presence_bytes = 0;
    std::size_t bytes = 0;  // that count against the bounds
  };
  using Rooms = std::map<std::string, Room, std::less<>>;

  void move_on(Room& room, const ServerFrame& frame, const Outgoing::Frame* join);
  Room& room_of(const std::string& name);
  void charge(Rooms::value_type& room);
  void forget_presence(Rooms::value_type& room);
  Rooms::iterator erase(Rooms::iterator room);

  const Bounds bounds_;
  Rooms rooms_;
  std::size_t bytes_ = 0;  // of all rooms
};

}  // namespace microframe::v1
