// Hub: the users and rooms of one endpoint, across all loops of the process.
// What is asked (who is here, who is in a room) is answered from tables under striped locks,
// exactly, at once, from any thread. What is delivered walks lists that each belong to one loop
// (Seating): a broadcast costs one post to every other loop with a receiver.
//
// A change of membership is made in the tables first, then in the list of the member's loop: at
// once on that loop, by a post from elsewhere. Posts about a member are made under the lock of its
// user, so they keep the order of the member's changes, and a post made before a message is handled
// before the message. A join on the loop itself first has the leaves made elsewhere come into force;
// a post that a change on the loop has overtaken does nothing. Where memory runs out
// (std::bad_alloc) a change has not been made; a message may have reached some members and not
// others. Leaving needs no memory on the member's loop.
//
// Threading: any thread, except for what says otherwise. Lock order: a user's lock, the lock of a
// part of the table of rooms, the order of an ordered room. A broadcast to everyone and to a plain
// room holds no lock while it delivers; an ordered room holds its order while it delivers on the
// current loop, and send_to() the user's lock. A join or a leave on the member's loop holds the
// user's lock, and the room's order where it has one, while the member is told what it has missed
// or must still hear.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/few.hpp"
#include "base/frame.hpp"
#include "base/mutex.hpp"
#include "base/ref.hpp"
#include "hub/delivery.hpp"
#include "hub/elsewhere.hpp"
#include "hub/history.hpp"
#include "hub/hub_limits.hpp"
#include "hub/loop_port.hpp"
#include "hub/member.hpp"
#include "hub/presence.hpp"
#include "hub/room_table.hpp"
#include "hub/seal.hpp"
#include "hub/seating.hpp"
#include "hub/stripes.hpp"
#include "hub/surroundings.hpp"
#include "hub/user_record.hpp"
#include "microframe/ws/join_result.hpp"

namespace microframe::hub {

using ws::JoinResult;

class Hub {
 public:
  // loops: not empty; they and the others outlive the hub. surroundings: nullptr: no room keeps
  // anything. elsewhere: nullptr: there is no other node.
  Hub(std::vector<LoopPort*> loops, HubLimits limits, Surroundings* surroundings = nullptr,
      Elsewhere* elsewhere = nullptr);

  // --- A member comes and goes. On its loop.
  // Counts a new member in, and seats it among everyone. Once.
  // returns: the user's oldest device if there is one too many now; the caller evicts it.
  base::Ref<Member> add(Member& member);
  // The user's device that goes first where there are too many; it takes no place any more. Any thread.
  // returns: none where all have been told to go.
  base::Ref<Member> oldest_of(std::string_view user);
  // From here on the member is not counted and receives nothing; its rooms are still told.
  void begin_leave(Member& member);
  // Takes the member out of every room and forgets it. Always called, whatever its hooks did.
  void remove(Member& member);
  // The member's stream is lost: the member keeps its rooms and is delivered to, and counts only
  // against its user's places.
  void suspend(Member& member);
  // The member has a new stream.
  void resume(Member& member);
  // The member goes on at another node, or has not come from there: takes the member out of every room
  // and forgets it, without a word to it; nor to others, where another node has its device.
  struct Departed {
    std::string room;
    Room::Heard heard;
  };
  std::vector<Departed> depart(Member& member);
  // A member that has joined the room takes over there from one that has departed elsewhere.
  void arrive_from(Member& member, std::string_view room, const Since* heard);
  // Delivers to the member at once what still waits for it in its rooms, because it is about to go.
  static void catch_up(Member& member) { Seating::catch_up_everywhere(member); }

  // --- Rooms.
  // wish: what the member asks for as well, on its own loop only; also in a room that it is in
  // already.
  JoinResult join(Member& member, std::string_view room, const JoinWish* wish = nullptr);
  bool leave(Member& member, std::string_view room);
  // Every device of the user that receives.
  JoinResult join_user(std::string_view user, std::string_view room);
  bool leave_user(std::string_view user, std::string_view room);

  // --- Messages.
  // id: of the message in a cluster, as Mark has it.
  void broadcast(const base::Frame& frame, Exclusion exclusion, std::uint64_t id = 0);
  // seal: encodes the message once the room is known.
  // returns: whether the room has any member.
  bool broadcast_to_room(std::string_view room, const Seal& seal, Exclusion exclusion,
                         std::uint64_t id = 0);
  // A message that says nothing of its place in the room.
  bool broadcast_to_room(std::string_view room, base::Frame frame, Exclusion exclusion,
                         std::uint64_t id = 0);
  // returns: whether the user has a present device.
  bool send_to(std::string_view user, const base::Frame& frame, std::uint64_t id = 0);
  // To one member.
  void send(Member& member, const base::Frame& frame, std::uint64_t id = 0);

  // --- Who is here.
  std::vector<std::string> users() const;
  // The users with a device that is present or suspended, each once.
  std::vector<std::string> users_receiving() const;
  // What other nodes are told of the user.
  UserRecord record(std::string_view user) const;
  // How many present devices the user has.
  std::size_t devices(std::string_view user) const;
  // The user's devices that are present or suspended, oldest first.
  std::vector<base::Ref<Member>> members_of(std::string_view user) const;
  std::size_t connections() const { return everyone_.expected() - suspended(); }
  std::size_t suspended() const { return suspended_.load(std::memory_order_relaxed); }
  std::vector<std::string> room_members(std::string_view room) const;
  std::vector<std::string> user_rooms(std::string_view user) const;
  std::vector<std::string> rooms_of(const Member& member) const;
  // Whether the user has a device in the room, or the one device is in it.
  bool is_in_room(std::string_view user, std::string_view room, const Member* device) const;
  // How many users have a device in the room that receives; and the rooms that have such a user.
  std::size_t room_size(std::string_view room) const { return rooms_.count_users_in(room); }
  std::vector<std::string> room_names() const { return rooms_.names(); }
  std::size_t rooms() const { return rooms_.count(); }
  RoomPolicy policy(std::string_view room) const { return rooms_.policy(room); }
  // The room, if there is one here; none without members, unless it keeps messages here.
  base::Ref<Room> room(std::string_view name) const { return rooms_.find(name).room; }

  // --- What rooms keep.
  // What the room keeps after an offset, `limit` messages at most.
  std::vector<History::Entry> history(std::string_view room, std::uint64_t since,
                                      std::size_t limit) const;
  // Who is in the room, where presence is on.
  Presence::Users presence(std::string_view room) const;
  // Sets what the application says of the device to others in the room.
  // returns: whether the device is in the room.
  bool set_presence(const Member& member, std::string_view room, const Json& meta);
  // Drops what rooms have kept too long, of some rooms: as RoomTable::expire_some(). Called now and
  // then, until it returns false.
  bool expire_some(RoomTable::Sweep& sweep) { return rooms_.expire_some(sweep); }

 private:
  using Devices = base::Few<Member*, 1>;  // oldest first; those leaving included

  void changed(const std::string& user) {
    if (elsewhere_) elsewhere_->changed(user);
  }
  static base::Ref<Member> take_oldest(const Devices& devices);
  // The users with a device of that standing, sorted.
  std::vector<std::string> users_with(bool (Member::*standing)() const) const;
  static std::size_t present_among(const Devices& devices);
  // Says, for the analysis of locks alone, that the lock of the member's user is held where it was
  // taken by the user's name.
  void lock_is_held_for(Member& member)
      MICROFRAME_ASSERT_CAPABILITY(users_.of(member.user()).mutex) {
    static_cast<void>(member);
  }

  JoinResult join_locked(Member& member, std::string_view room, const JoinWish* wish = nullptr)
      MICROFRAME_REQUIRES(users_.of(member.user()).mutex);
  bool leave_locked(Member& member, std::string_view room)
      MICROFRAME_REQUIRES(users_.of(member.user()).mutex);
  JoinResult enter(Member& member, std::string_view room, const JoinWish* wish)
      MICROFRAME_REQUIRES(users_.of(member.user()).mutex);
  void seat(Member& member, const base::Ref<Room>& room, const JoinWish* wish)
      MICROFRAME_REQUIRES(users_.of(member.user()).mutex);
  void unseat(Member& member, const base::Ref<Room>& room)
      MICROFRAME_REQUIRES(users_.of(member.user()).mutex);
  void wait_or_seat(Member& member, const base::Ref<Room>& room, const JoinWish* wish)
      MICROFRAME_REQUIRES(users_.of(member.user()).mutex);
  void seat_from_waiting(Member& member, Room& room);
  bool goes_on_elsewhere(const Member& member, Room& room) const;
  // What seat() and unseat() post.
  void seat_posted(Member& member, const base::Ref<Room>& room);
  void unseat_posted(Member& member, Room& room, std::uint64_t leave);
  // These: on the member's loop.
  void give_up_seat(Member& member, Room& room) MICROFRAME_REQUIRES(users_.of(member.user()).mutex);
  void hear_of_leaves(Member& member, std::string_view room)
      MICROFRAME_REQUIRES(users_.of(member.user()).mutex);
  void hear_of_all_leaves(Member& member) MICROFRAME_REQUIRES(users_.of(member.user()).mutex);

  const std::vector<LoopPort*> loops_;
  const HubLimits limits_;
  Surroundings* const surroundings_;
  Elsewhere* const elsewhere_;
  Stripes<Devices> users_;
  RoomTable rooms_;
  std::atomic<std::size_t> suspended_{0};
  Seating everyone_;
};

}  // namespace microframe::hub
