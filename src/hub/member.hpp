// Member: a connection as its hub knows it, and the Sink that frames for it go into.
// Threading: reference counted, held from any thread; what each field is guarded by stands beside
// it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/few.hpp"
#include "base/frame.hpp"
#include "base/ref.hpp"
#include "hub/history.hpp"
#include "hub/presence.hpp"

namespace microframe::ws {
struct Ack;
}

namespace microframe::hub {

class Room;
class Seating;

// What a member finds in a room when it is seated there.
struct Joined {
  std::string_view room;
  bool entered = true;     // false: it was in already, and asks for what it missed
  std::string_view epoch;  // "": the room keeps no messages
  std::uint64_t offset = 0;
  std::optional<bool> recovered;                     // where it had asked for what it missed
  const std::vector<base::Frame>* missed = nullptr;  // what it asked for; nullptr is nothing
  const Presence::Users* presence = nullptr;         // nullptr: the room has none
};

// What a member asks for as it joins.
struct JoinWish {
  std::optional<Since> since;
  std::size_t latest = 0;
};

// Where frames go. Called on the connection's own loop only; it may queue or drop, and must not
// call the hub back. It throws nothing: others of a broadcast are still to be delivered to.
class Sink {
 public:
  virtual void deliver(const base::Frame& frame) = 0;
  // It is seated in a room, before anything of it is delivered; or no longer. Views are good until
  // it returns.
  virtual void joined(const Joined&) {}
  virtual void left(std::string_view /*room*/) {}
  // There was no memory to seat it where it has joined, so that it would miss messages: it is to
  // end.
  virtual void give_up() {}

 protected:
  ~Sink() = default;
};

class Member : public base::RefCounted, public Sink {
 public:
  // loop: the index of the loop it lives on, among those the hub was made with.
  Member(std::string user, std::size_t loop);
  ~Member() override;

  const std::string& user() const { return user_; }
  std::size_t loop() const { return loop_; }
  // The name of its session; "" for one that has none: such are told nothing of presence. Never
  // changes.
  virtual std::string_view session() const { return {}; }
  bool has_session() const { return !session().empty(); }
  // Its name in presence: short, so that it needs no memory.
  virtual std::string device() const { return {}; }

  // These: any thread.
  // The user has too many devices: this one must go.
  virtual void evict() {}
  // The tokens of the user are no longer good.
  virtual void revoke(std::string_view /*reason*/) {}
  // Sends a message and calls `told` once, with what the client answers within `timeout`.
  using Answered = std::function<void(ws::Ack&&)>;
  virtual void ask(const Json& /*message*/, std::chrono::milliseconds /*timeout*/,
                   Answered /*told*/) {}

 private:
  friend class Hub;
  friend class Seating;

  enum class Standing : std::uint8_t {
    absent,     // not added yet, or removed
    present,    // counted and delivered to
    suspended,  // delivered to, but not counted: its stream is lost, and may come back
    leaving,    // no longer counted nor delivered to; its rooms are still told
  };
  bool present() const { return standing_.load(std::memory_order_relaxed) == Standing::present; }
  bool receives() const {
    const Standing now = standing_.load(std::memory_order_relaxed);
    return now == Standing::present || now == Standing::suspended;
  }

  // Its place in one list of a loop.
  struct Seat {
    Seating* seating;
    std::uint32_t index;
  };

  // A leave made elsewhere that its loop has not heard of yet.
  struct Leaving {
    base::Ref<Room> room;
    std::uint64_t number;
  };
  struct Leaves {
    std::vector<Leaving> under_way;
    std::uint64_t posted = 0;  // so far
  };

  // Whether it takes one of its user's places: a device that was told to go does not.
  bool counts() const { return receives() && !evicted_; }
  bool is_in(const Room& room) const;
  // Whether a leave of that room is under way to its loop.
  bool is_leaving(const Room& room) const;

  const std::string user_;
  const std::uint32_t loop_;
  std::atomic<Standing> standing_{Standing::absent};  // written under the user's lock
  bool evicted_ = false;                              // the user's lock
  base::Few<base::Ref<Room>, 1> rooms_;               // the user's lock
  std::unique_ptr<Leaves> leaves_;                    // likewise; from the first on
  base::Few<Seat, 2> seats_;  // its loop alone; among everyone, and in one room
};

}  // namespace microframe::hub
