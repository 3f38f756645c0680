// Hub: the users and rooms of one endpoint, across all loops of the process.
// What is asked (who is here, who is in a room) is answered from tables under striped locks,
// exactly, at once, from any thread. What is delivered walks lists that each belong to one loop
// (Seating): a broadcast costs one post to every other loop with a receiver, and no lock. A room
// with a coalescing window holds what it delivers back on each loop until the window ends there
// (HeldBack): who comes meanwhile gets what is sent after, who goes gets at once what was sent
// before.
//
// A change of membership is made in the tables first, then in the list of the member's loop: at
// once on that loop, by a post from elsewhere. Posts about a member are made under its user's lock,
// so they keep the order of its changes, and a post made before a message is handled before it. A
// join on the loop itself first has the leaves made elsewhere come into force; a post that a change
// on the loop has overtaken does nothing. Where memory runs out (std::bad_alloc) a change has not
// been made; a message may have reached some and not others. Leaving needs none on the member's
// loop. Lock order: a user's lock, then a room's. No lock is held while a frame is delivered to a
// room.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/few.hpp"
#include "base/frame.hpp"
#include "base/ref.hpp"
#include "hub/delivery.hpp"
#include "hub/loop_port.hpp"
#include "hub/member.hpp"
#include "hub/room.hpp"
#include "hub/seal.hpp"
#include "hub/seating.hpp"
#include "hub/surroundings.hpp"
#include "microframe/ws/join_result.hpp"

namespace microframe::hub {

using ws::JoinResult;

struct HubLimits {
  std::size_t devices_per_user_max = 16;
  std::size_t rooms_per_member_max = 128;
  std::size_t rooms_max = 1'000'000;
  std::size_t room_name_bytes_max = 255;
};

class Hub {
 public:
  // loops: not empty; borrowed for the hub's life. surroundings: likewise; nullptr: no room keeps
  // anything.
  Hub(std::vector<LoopPort*> loops, HubLimits limits, Surroundings* surroundings = nullptr);

  // Counts a new connection in, and seats it among everyone. On its loop, once.
  // returns: the user's oldest device if there is now one too many; the caller is to close it.
  base::Ref<Member> add(Member& member);
  // From here on it is not counted and receives nothing; its rooms are still told. On its loop.
  void begin_leave(Member& member);
  // Takes it out of every room and forgets it. On its loop; always, whatever its hooks did.
  void remove(Member& member);
  // Its stream is lost: it keeps its rooms and is delivered to, and counts only against its user's
  // places; or there is a new one. On its loop.
  void suspend(Member& member);
  void resume(Member& member);

  // wish: what it asks for besides, on its own loop only; also of a room that it is in already.
  JoinResult join(Member& member, std::string_view room, const JoinWish* wish = nullptr);
  bool leave(Member& member, std::string_view room);
  // Every present device of the user.
  JoinResult join_user(std::string_view user, std::string_view room);
  bool leave_user(std::string_view user, std::string_view room);

  void broadcast(const base::Frame& frame, Exclusion exclusion);
  // seal: encodes the message for the room, once the room is known.
  // returns: whether the room has any member.
  bool broadcast_to_room(std::string_view room, const Seal& seal, Exclusion exclusion);
  // A message that says nothing of its place in the room.
  bool broadcast_to_room(std::string_view room, base::Frame frame, Exclusion exclusion);
  // Gives the member what rooms hold back for it (RoomPolicy::coalesce), for it is to go. On its
  // loop.
  static void catch_up(Member& member) { Seating::catch_up_everywhere(member); }
  // returns: whether the user has a present device.
  bool send_to(std::string_view user, const base::Frame& frame);
  // To one member, from any thread.
  void send(Member& member, const base::Frame& frame);

  std::vector<std::string> users() const;
  // Present devices of the user.
  std::size_t devices(std::string_view user) const;
  // The same and those that are suspended, themselves, oldest first.
  std::vector<base::Ref<Member>> members_of(std::string_view user) const;
  std::size_t connections() const { return everyone_.expected() - suspended(); }
  std::size_t suspended() const { return suspended_.load(std::memory_order_relaxed); }
  std::vector<std::string> room_members(std::string_view room) const;
  std::vector<std::string> user_rooms(std::string_view user) const;
  std::vector<std::string> rooms_of(const Member& member) const;
  std::size_t rooms() const { return rooms_count_.load(std::memory_order_relaxed); }

  // What the room keeps after an offset, `limit` messages at most.
  std::vector<History::Entry> history(std::string_view room, std::uint64_t since,
                                      std::size_t limit) const;
  // Who is in the room, where presence is on.
  Presence::Users presence(std::string_view room) const;
  // Says of the device what the application says of it. Any thread. returns: whether it is in the
  // room.
  bool set_presence(Member& member, std::string_view room, const Json& meta);
  // Lets go of what rooms have kept too long. Now and then, from any thread.
  void expire();

 private:
  struct Hash {
    using is_transparent = void;
    // noexcept: so that no table keeps hashes, which would cost each entry 16 bytes.
    std::size_t operator()(std::string_view key) const noexcept {
      return std::hash<std::string_view>{}(key);
    }
  };
  // One of several parts of a table, each with its own lock.
  template <class Value>
  struct Stripe {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Value, Hash, std::equal_to<>> entries;
  };
  static constexpr std::size_t kStripes = 64;
  using Devices = base::Few<Member*, 1>;  // oldest first; those leaving included
  template <class Value>
  using Table = std::array<Stripe<Value>, kStripes>;

  template <class Value>
  static Stripe<Value>& stripe(Table<Value>& table, std::string_view key) {
    return table[Hash{}(key) % kStripes];
  }
  template <class Value>
  static const Stripe<Value>& stripe(const Table<Value>& table, std::string_view key) {
    return table[Hash{}(key) % kStripes];
  }

  static std::size_t present_among(const Devices& devices);

  // These: under the lock of the member's user.
  JoinResult join_locked(Member& member, std::string_view room, const JoinWish* wish = nullptr);
  bool leave_locked(Member& member, std::string_view room);
  void leave_room(Member& member, Room& room);
  void seat(Member& member, const base::Ref<Room>& room, const JoinWish* wish);
  void unseat(Member& member, const base::Ref<Room>& room);
  // And on its loop.
  void seat_here(Member& member, const base::Ref<Room>& room, const JoinWish* wish);
  void unseat_here(Member& member, const base::Ref<Room>& room);
  void give_up_seat(Member& member, const base::Ref<Room>& room);
  void hear_of_leaves(Member& member, std::string_view room);

  // Ordered rooms. All but publish: under the log's order.
  // returns: false where the room is forgotten.
  bool publish(const base::Ref<Room>& room, const Seal& seal, const Exclusion& exclusion);
  void hand_out(const base::Ref<Room>& room, const base::Frame& frame, const Exclusion& exclusion,
                Audience audience);
  void note_coming(const Member& member, const base::Ref<Room>& room);
  void note_going(const Member& member, const base::Ref<Room>& room);
  void tell_presence(const base::Ref<Room>& room, const Presence::Users& joins,
                     const Presence::Users& leaves);
  void welcome(Member& member, Room& room, const JoinWish* wish, bool entered) const;

  using RoomStripe = Stripe<base::Ref<Room>>;
  // Under the lock of the room's stripe.
  base::Ref<Room> find_or_make(RoomStripe& part, std::string_view name);
  base::Ref<Room> enter(std::string_view name, const Member& member);
  struct Found {
    base::Ref<Room> room;
    bool anyone = false;  // whether it has a member that receives
  };
  Found find(std::string_view name) const;
  Found find_to_publish(std::string_view name);
  base::Ref<Room> find_ordered(std::string_view name) const;
  RoomPolicy policy(std::string_view room) const {
    return surroundings_ ? surroundings_->policy(room) : RoomPolicy{};
  }
  std::unique_ptr<RoomLog> make_log(const RoomPolicy& policy);
  void hand_over(const base::Ref<Room>& room, std::size_t loop, const Delivery& delivery);

  const std::vector<LoopPort*> loops_;
  const HubLimits limits_;
  Table<Devices> users_;
  Table<base::Ref<Room>> rooms_;
  std::atomic<std::size_t> rooms_count_{0};
  std::atomic<std::size_t> suspended_{0};
  Surroundings* const surroundings_;
  Seating everyone_;
};

}  // namespace microframe::hub
