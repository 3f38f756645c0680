// Room: a named set of members. A room is made for its first member and forgotten after its last
// one. An ordered room (OrderedRoom) does more at each step.
// Threading: any thread, except for what says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ref.hpp"
#include "hub/delivery.hpp"
#include "hub/history.hpp"
#include "hub/member_set.hpp"
#include "hub/opening.hpp"
#include "hub/presence.hpp"
#include "hub/seal.hpp"
#include "hub/seating.hpp"
#include "hub/sink.hpp"

namespace microframe::hub {

class Room : public base::RefCounted {
 public:
  // loops: outlive the room. window: as Seating has it.
  Room(std::string name, const std::vector<LoopPort*>& loops, std::chrono::milliseconds window)
      : name_(std::move(name)), seating_(loops, window, *this) {}

  const std::string& name() const { return name_; }
  Seating& seating() { return seating_; }
  // The members on every loop. Guarded by the lock of the room's part of the table.
  MemberSet& members() { return members_; }
  // Who waits for the room to hear other nodes; nullptr where there are none.
  Opening* opening() { return opening_.get(); }
  // There are other nodes, which have not been heard yet. Before anyone else knows the room.
  // opening: its number.
  void wait_for_others(std::uint64_t opening) { opening_ = std::make_unique<Opening>(opening); }

  // Sends a message to the members. exclusion: moved from, unless the room is forgotten.
  // returns: false where the room is forgotten, and the message belongs to its successor.
  // id: of the message in a cluster.
  virtual bool publish(const Seal& seal, Exclusion& exclusion, std::uint64_t id);

  // --- On the member's loop, under the lock of the member's user.
  // Seats the member, if it is not seated, and tells it what it finds here, if it has a wish or is
  // seated anew.
  // errors: std::bad_alloc; the member is seated as before.
  virtual void seat(Receiver& member, const JoinWish* wish);
  // Also a member that waits to be seated: it is told that it has joined, and left.
  virtual void unseat(Receiver& member);

  // --- A member moves to another node, where its device goes on. Locks as for seat().
  // How far a member has heard the log that keeps the room's messages; epoch "": there is no log.
  struct Heard {
    std::string epoch;
    std::uint64_t offset = 0;
  };
  // Unseats the member without a word to it.
  // goes_on: another node has its device by now, so that nothing is told of it here either.
  virtual Heard depart(Receiver& member, bool goes_on);
  // A member that was seated here takes over from where it has departed: it is told who is here, and
  // what it has not heard of the log. Whatever it was delivered of the log before is void.
  // heard: nullptr: there was no log, and it has missed nothing.
  virtual void arrive_from(Receiver& member, const Since* heard);

  // --- Under the lock of the room's part of the table.
  // Gives the room up, which has no members, unless it keeps messages.
  // returns: whether the room must be taken out of the table.
  virtual bool forget() { return true; }
  // Drops messages that have been kept too long.
  virtual void expire() {}

  // --- From other nodes.
  // Of a room that tells presence: who has come and gone on other nodes.
  virtual void arrived(const Presence::Users& /*joins*/, const Presence::Users& /*leaves*/) {}
  // Of a room whose messages a log keeps, in the log's order: the next message, and another place
  // where the log goes on.
  struct Logged {
    std::uint64_t offset;
    std::chrono::milliseconds age;
    base::Frame frame;
    HiddenFrom hidden;
  };
  virtual void appended(Logged&& /*message*/) {}
  virtual void log_moved(const std::string& /*epoch*/, std::uint64_t /*last*/) {}

  // --- What the room keeps. A room that is not ordered keeps nothing.
  virtual bool keeps_messages() const { return false; }
  virtual std::vector<History::Entry> history(std::uint64_t /*since*/, std::size_t /*limit*/) {
    return {};
  }
  virtual Presence::Users presence() { return {}; }
  // What others see of the member's device; nullopt where it is not present.
  virtual std::optional<Presence::Device> seen_of(const Receiver& /*member*/) { return {}; }
  // returns: whether the member's device is among those that are present.
  virtual bool set_presence(const Receiver& /*member*/, const Json& /*meta*/) { return false; }

 protected:
  Joined joined(bool entered, const JoinWish* wish) const;
  // Tells a member that it has joined, as often as it waits for that.
  // was_seated: since an earlier wish.
  // returns: whether it waited.
  bool end_wait(Receiver& member, bool was_seated);

 private:
  const std::string name_;
  Seating seating_;
  MemberSet members_;
  std::unique_ptr<Opening> opening_;
};

}  // namespace microframe::hub
