// DeviceRooms: the rooms of a simulated client: what its application asked for and was told, and
// whether the one follows from the other. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/since.hpp"
#include "simulation/sessions/room_view.hpp"
#include "simulation/sessions/scene.hpp"
#include "v1/client_action.hpp"

namespace microframe::simulation::sessions {

class DeviceRooms {
 public:
  // reader: the client's user, and the name of its present session, which it keeps up to date.
  // name: the client's, in traces and violations. All outlive this.
  DeviceRooms(Scene& scene, const std::string& name, const std::string& user,
              const std::string& session)
      : scene_(scene), name_(name), user_(user), session_(session) {}

  // --- the application's wishes. number: the ledger's
  void begin_join(const std::string& room, unsigned number, const base::Since* since,
                  std::uint64_t last);
  void begin_leave(const std::string& room, unsigned number) { leaves_[number] = room; }
  bool is_in(const std::string& room) const {
    const auto known = rooms_.find(room);
    return known != rooms_.end() && known->second.in;
  }
  bool is_joining(const std::string& room) const { return joins_.contains(room); }
  // Where the room was read to when it was left; nullptr: nowhere.
  const base::Since* bookmark(const std::string& room) const {
    const auto found = bookmarks_.find(room);
    return found == bookmarks_.end() ? nullptr : &found->second;
  }

  // --- what the application is told
  // errors: Violation, where that cannot be.
  void settled(unsigned number, const std::string& code);
  void heard(const v1::TellMessage& message);
  void joined(const JoinedRoom& joined);
  void left(const LeftRoom& left);
  void presence_changed(const std::string& room) const;
  // The session is lost, and there is a new one.
  void lose_session();
  // The client has come to its end.
  void end() { rooms_.clear(); }

  // Nothing is under way: whatever the rooms keep has been shown.
  // errors: Violation.
  void check_at_rest() const;

 private:
  struct Room {
    bool in = false;
    bool left = false;       // we are told that our wish is done, and may be told that we have left
    bool limbo = false;      // the session is lost, and it was not entered again yet
    bool repeating = false;  // what is said here comes again behind the answer to our join
    std::string read_in;     // the session in which it was read
    RoomView view;
    // Where the view was when that session was lost; nullopt: nowhere.
    std::optional<base::Since> stood;
    std::string stood_in;
  };
  struct PendingJoin {
    unsigned number;
    std::optional<base::Since> since;
    std::uint64_t last;
  };

  void begin_view(Room& room, const JoinedRoom& joined);
  Reader reader() const { return {user_, session_}; }

  Scene& scene_;
  const std::string& name_;
  const std::string& user_;
  const std::string& session_;
  std::map<std::string, Room> rooms_;
  std::map<unsigned, std::string> leaves_;        // under way, by number
  std::map<std::string, PendingJoin> joins_;      // by room
  std::map<std::string, base::Since> bookmarks_;  // of rooms that were left
};

}  // namespace microframe::simulation::sessions
