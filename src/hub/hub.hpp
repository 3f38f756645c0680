// Hub: the users and rooms of one endpoint, across all loops of the process.
// What is asked (who is here, who is in a room) is answered from tables under striped locks, exactly, at
// once, from any thread. What is delivered walks lists that each belong to one loop (Seating): a broadcast
// costs one post to every other loop with a receiver, and no lock.
//
// A change of membership is made in the tables first, then in the list of the member's loop: at once on that
// loop, by a post from elsewhere. Posts about a member are made under its user's lock, so they keep the order
// of its changes, and a post made before a message is handled before it. A post that a change on the loop
// itself has overtaken does nothing. Where memory runs out (std::bad_alloc) a change has not been made; a
// message may have reached some and not others. Leaving needs none on the member's loop. Lock order: a user's
// lock, then a room's. No lock is held while a frame is delivered to a room.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ref.hpp"
#include "base/shared_buffer.hpp"
#include "hub/loop_port.hpp"
#include "hub/member.hpp"
#include "hub/room.hpp"
#include "hub/seating.hpp"
#include "microframe/ws/join_result.hpp"

namespace microframe::hub {

using ws::JoinResult;

struct HubLimits {
  std::size_t devices_per_user_max = 16;
  std::size_t rooms_per_member_max = 128;
  std::size_t rooms_max = 1'000'000;
  std::size_t room_name_bytes_max = 255;
};

// Whom a delivery leaves out.
struct Exclusion {
  std::vector<std::string> users;
  base::Ref<Member> device;

  bool empty() const { return users.empty() && !device; }
  bool covers(const Member& member) const;
};

class Hub {
 public:
  // loops: not empty; borrowed for the hub's life.
  Hub(std::vector<LoopPort*> loops, HubLimits limits);

  // Counts a new connection in, and seats it among everyone. On its loop, once.
  // returns: the user's oldest device if there is now one too many; the caller is to close it.
  base::Ref<Member> add(Member& member);
  // From here on it is not counted and receives nothing; its rooms are still told. On its loop.
  void begin_leave(Member& member);
  // Takes it out of every room and forgets it. On its loop; always, whatever its hooks did.
  void remove(Member& member);

  JoinResult join(Member& member, std::string_view room);
  bool leave(Member& member, std::string_view room);
  // Every present device of the user.
  JoinResult join_user(std::string_view user, std::string_view room);
  bool leave_user(std::string_view user, std::string_view room);

  void broadcast(const base::SharedBuffer& frame, const Exclusion& exclusion);
  // returns: whether the room has any member.
  bool broadcast_to_room(std::string_view room, const base::SharedBuffer& frame, const Exclusion& exclusion);
  // returns: whether the user has a present device.
  bool send_to(std::string_view user, const base::SharedBuffer& frame);
  // To one member, from any thread.
  void send(Member& member, const base::SharedBuffer& frame);

  std::vector<std::string> users() const;
  // Present devices of the user.
  std::size_t devices(std::string_view user) const;
  // The same, themselves, oldest first.
  std::vector<base::Ref<Member>> members_of(std::string_view user) const;
  std::size_t connections() const { return everyone_.expected(); }
  std::vector<std::string> room_members(std::string_view room) const;
  std::vector<std::string> user_rooms(std::string_view user) const;
  std::vector<std::string> rooms_of(const Member& member) const;
  std::size_t rooms() const { return rooms_count_.load(std::memory_order_relaxed); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };
  // One of several parts of a table, each with its own lock.
  template <class Value>
  struct Stripe {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Value, Hash, std::equal_to<>> entries;
  };
  static constexpr std::size_t kStripes = 64;
  using Devices = std::vector<Member*>;  // oldest first; those leaving included
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

  // These five: under the lock of the member's user.
  JoinResult join_locked(Member& member, std::string_view room);
  bool leave_locked(Member& member, std::string_view room);
  void leave_room(Member& member, Room& room);
  void seat(Member& member, const base::Ref<Room>& room);
  void unseat(Member& member, const base::Ref<Room>& room);

  base::Ref<Room> find_or_make(std::string_view name, const Member& first);
  base::Ref<Room> find(std::string_view name) const;
  void deliver(Seating& seating, const base::SharedBuffer& frame, const Exclusion& exclusion,
               const base::Ref<Room>& keep);

  const std::vector<LoopPort*> loops_;
  const HubLimits limits_;
  Table<Devices> users_;
  Table<base::Ref<Room>> rooms_;
  std::atomic<std::size_t> rooms_count_{0};
  Seating everyone_;
};

}  // namespace microframe::hub
