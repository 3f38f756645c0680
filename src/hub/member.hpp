// Member: a connection as its hub knows it, and the Sink that frames for it go into.
// Threading: reference counted, held from any thread; what each field is guarded by stands beside it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ref.hpp"
#include "base/shared_buffer.hpp"

namespace microframe::hub {

class Room;
class Seating;

// Where frames go. Called on the connection's own loop only; it may queue or drop, and must not call the hub
// back. It throws nothing: others of a broadcast are still to be delivered to.
class Sink {
 public:
  virtual void deliver(const base::SharedBuffer& frame) = 0;
  // There was no memory to seat it where it has joined, so that it would miss messages: it is to end.
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

 private:
  friend class Hub;
  friend class Seating;

  enum class Presence : std::uint8_t {
    absent,   // not added yet, or removed
    present,  // counted and delivered to
    leaving,  // no longer counted nor delivered to; its rooms are still told
  };
  bool present() const { return presence_.load(std::memory_order_relaxed) == Presence::present; }

  // Its place in one list of a loop.
  struct Seat {
    Seating* seating;
    std::size_t index;
  };

  // Whether it takes one of its user's places: a device that was told to go does not.
  bool counts() const { return present() && !evicted_; }
  bool is_in(const Room& room) const;

  const std::string user_;
  const std::uint32_t loop_;
  std::atomic<Presence> presence_{Presence::absent};  // written under the user's lock
  bool evicted_ = false;                              // the user's lock
  std::vector<base::Ref<Room>> rooms_;                // the user's lock
  std::vector<const Room*> leaving_;                  // likewise: rooms with a posted unseat still to come
  std::vector<Seat> seats_;                           // its loop alone
};

}  // namespace microframe::hub
