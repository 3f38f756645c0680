// Elsewhere: the other nodes, as the hub of one endpoint speaks to them and knows who is there. What
// they send comes as Arrivals. Threading: any thread. What is asked about them is answered at once,
// from what they have told last.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/frame.hpp"
#include "base/result.hpp"
#include "hub/broker.hpp"
#include "hub/delivery.hpp"
#include "hub/history.hpp"
#include "hub/presence.hpp"
#include "hub/room_policy.hpp"

namespace microframe::hub {

class Elsewhere {
 public:
  // --- what the hub tells
  // The user's devices here, their rooms or what is said of them have changed. Called under the lock
  // of the user; must not call back, and throws nothing: Arrivals::record() is asked later.
  virtual void changed(const std::string& user) noexcept = 0;

  // --- messages, to the other nodes alone
  // frame: has a plain form. id: of the message, as Parcel has it.
  virtual void broadcast(const base::Frame& frame, const Exclusion& exclusion,
                         std::uint64_t id) = 0;
  virtual void to_room(std::string_view room, const base::Frame& frame, const Exclusion& exclusion,
                       std::uint64_t id) = 0;
  // returns: which of the users have a present device elsewhere.
  virtual std::vector<bool> to_users(const std::vector<std::string_view>& users,
                                     const base::Frame& frame, std::uint64_t id) = 0;
  // For the user's devices elsewhere.
  // returns: whether there is one that receives.
  virtual bool join_user(std::string_view user, std::string_view room) = 0;
  virtual bool leave_user(std::string_view user, std::string_view room) = 0;
  // The user has too many devices: one of those elsewhere must go, the oldest on its node.
  // returns: whether there is one.
  virtual bool evict(std::string_view user) = 0;
  // returns: how many devices were told.
  virtual std::size_t disconnect(std::string_view user, std::string_view reason) = 0;

  // --- rooms
  // The room has members here: Arrivals::opened() follows, after two seconds at the latest even if the
  // broker cannot be reached; then, until close(), what is sent in it elsewhere. Opening an open room does nothing.
  // opening: a number, which is told back: the room may have closed and opened again by then.
  virtual void open(const std::string& room, const RoomPolicy& policy, std::uint64_t opening) = 0;
  virtual void close(const std::string& room) noexcept = 0;
  // To the room's log. Every node, this one too, is given it as Arrivals::appended().
  // told: on the broker's thread.
  virtual void append(std::string_view room, const RoomPolicy& policy, const base::Frame& frame,
                      const HiddenFrom& hidden, std::string once,
                      Broker::Done<Broker::Appended> told) = 0;

  // What the room's log holds after the offset `since`, oldest first, `limit` at most.
  struct Kept {
    std::uint64_t offset = 0;
    bool binary = false;
    std::string content;
  };
  // told: on the broker's thread.
  virtual void history(std::string_view room, const RoomPolicy& policy, std::uint64_t since,
                       std::size_t limit, Broker::Done<std::vector<Kept>> told) = 0;

  // --- what endpoints say to each other
  // The names of the others.
  virtual std::vector<std::string> nodes() const = 0;
  // What this endpoint says to itself on another node, or on all others (node ""): it comes there as
  // Arrivals::letter(), behind all that was published here before.
  virtual void letter(std::string_view node, std::string_view bytes) = 0;
  // Those that have a device of the user that receives.
  virtual std::vector<std::string> nodes_of(std::string_view user) const = 0;
  // task: runs on the broker's thread once the delay has passed, for who waits for a letter.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;
  // Tells the other nodes at once what has changed here.
  // told: on the broker's thread, when each of them knows, and sends the users' messages here; or
  // after a second.
  virtual void when_known(std::function<void()> told) = 0;

  // --- sessions that move
  // What a stopping node keeps of a session for the others, under the session's name.
  virtual void keep_session(std::string_view name, std::string bytes,
                            std::chrono::milliseconds for_time) = 0;
  // take: away; of several who ask, one is given it.
  virtual void find_session(std::string_view name, bool take,
                            Broker::Done<std::optional<std::string>> found) = 0;

  // --- who is there
  virtual std::vector<std::string> users() const = 0;            // with a present device
  virtual std::size_t devices(std::string_view user) const = 0;  // present ones
  virtual std::size_t connections() const = 0;                   // present devices of all
  virtual std::vector<std::string> room_members(std::string_view room) const = 0;  // users, sorted
  virtual std::vector<std::string> user_rooms(std::string_view user) const = 0;    // sorted
  virtual std::vector<std::string> rooms() const = 0;  // with a user in it, sorted
  virtual Presence::Users presence(std::string_view room) const = 0;

 protected:
  ~Elsewhere() = default;
};

}  // namespace microframe::hub
