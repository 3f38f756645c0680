// RoomTable: the rooms of a hub by name, and who is in them, whatever their loops have heard.
// Threading: any thread. Lock order: the lock of a part, then the order of an ordered room.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "base/ref.hpp"
#include "hub/elsewhere.hpp"
#include "hub/hub_limits.hpp"
#include "hub/loop_port.hpp"
#include "hub/member.hpp"
#include "hub/room.hpp"
#include "hub/shares.hpp"
#include "hub/stripes.hpp"
#include "hub/surroundings.hpp"

namespace microframe::hub {

class RoomTable {
 public:
  // All outlive the table. surroundings: nullptr: no room keeps anything. elsewhere: nullptr: there
  // is no other node.
  RoomTable(const std::vector<LoopPort*>& loops, const HubLimits& limits,
            Surroundings* surroundings, Elsewhere* elsewhere)
      : loops_(loops),
        limits_(limits),
        surroundings_(surroundings),
        elsewhere_(elsewhere),
        shares_(limits.rooms_per_user_max) {}

  bool is_name(std::string_view name) const {
    return !name.empty() && name.size() <= limits_.room_name_bytes_max;
  }
  // Puts the member into the room of that name, which is made if need be, and has its seating expect
  // the member.
  // returns: none where there are too many rooms.
  // errors: std::bad_alloc; then nothing has changed.
  base::Ref<Room> enter(std::string_view name, const Member& member);
  // Takes the member out of the room, and the room out of the table with its last member and
  // message. Needs no memory.
  void leave(const Member& member, Room& room);

  struct Found {
    base::Ref<Room> room;
    bool anyone = false;  // whether the room has a member that receives
  };
  Found find(std::string_view name) const;
  // The same, and a room that keeps its messages here is made if need be: it keeps those that nobody
  // is there to see.
  Found find_to_publish(std::string_view name);

  // The users with a member that receives, each once, sorted.
  std::vector<std::string> users_in(std::string_view name) const;
  // How many these are.
  std::size_t count_users_in(std::string_view name) const;
  // The rooms with a member that receives, sorted.
  std::vector<std::string> names() const;
  RoomPolicy policy(std::string_view room) const {
    return surroundings_ ? surroundings_->policy(room) : RoomPolicy{};
  }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }
  // How far a sweep has come.
  struct Sweep {
    std::size_t part = 0;
    std::size_t bucket = 0;
  };
  // Drops what rooms have kept too long, and the rooms that are left with nothing: of some rooms, so
  // that it takes about a millisecond. Rooms that come or go meanwhile may be left for the next.
  // returns: false once all have been looked at.
  bool expire_some(Sweep& sweep);

 private:
  struct Entry {
    base::Ref<Room> room;
    Shares::Place share;  // of the user who was the first in it
  };
  using Part = Stripe<Entry>;

  // maker: who makes the room if there is none; nullptr: nobody's share counts it.
  // returns: none where there are too many.
  base::Ref<Room> find_or_make(Part& part, std::string_view name, const Member* maker)
      MICROFRAME_REQUIRES(part.mutex);
  base::Ref<Room> add(Part& part, std::string_view name, Shares::Place share)
      MICROFRAME_REQUIRES(part.mutex);
  base::Ref<Room> make(std::string_view name);
  std::size_t expire_bucket(Part& part, std::size_t bucket) MICROFRAME_REQUIRES(part.mutex);
  void remove_if_done(Part& part, Room& room) MICROFRAME_REQUIRES(part.mutex);
  void count_one_less() { count_.fetch_sub(1, std::memory_order_relaxed); }

  const std::vector<LoopPort*>& loops_;
  const HubLimits& limits_;
  Surroundings* const surroundings_;
  Elsewhere* const elsewhere_;
  Shares shares_;  // outlives the rooms
  Stripes<Entry> parts_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::uint64_t> openings_{0};  // so many so far
};

}  // namespace microframe::hub
