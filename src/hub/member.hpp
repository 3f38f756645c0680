// Member: a connection as its hub knows it: a receiver with a standing, in rooms.
// Threading: reference counted, held from any thread; each part says what guards it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/few.hpp"
#include "base/ref.hpp"
#include "hub/leaves.hpp"
#include "hub/receiver.hpp"
#include "hub/room.hpp"
#include "microframe/json.hpp"

namespace microframe::ws {
struct Ack;
}

namespace microframe::hub {

class Member : public Receiver {
 public:
  // Called once with what came of a message, on the member's loop; throws nothing.
  using Answered = std::function<void(ws::Ack&&)>;

  // loop: the index of the loop it lives on, among those the hub was made with.
  Member(std::string user, std::size_t loop);
  ~Member() override;

  // --- What others ask of a member, without knowing what it is. Any thread.
  // The member's user has too many devices, and this one must go.
  virtual void evict() {}
  // The user's tokens are no longer good, and the member must go. reason: for the client.
  virtual void revoke(std::string_view /*reason*/) {}
  // The user's tokens of some time are no longer good: the member goes if its own is one of them.
  virtual void recheck_token() {}
  // Sends a message that the client must acknowledge within the timeout. Without memory to ask,
  // `told` is dropped without a call.
  virtual void ask(const Json& /*message*/, std::chrono::milliseconds /*timeout*/,
                   const Answered& /*told*/) {}

  // --- For the hub alone. Guarded by the lock of the member's user; only the standing may be read
  // without it. That lock is one of several in the hub's table, chosen by the user's name, which no
  // annotation on a field can say: the hub's functions say it in their stead.
  enum class Standing : std::uint8_t {
    absent,     // not added yet, or removed
    present,    // counted and delivered to
    suspended,  // delivered to, but not counted: its stream is lost, and may come back
    leaving,    // no longer counted nor delivered to; its rooms are still told
  };
  Standing standing() const { return standing_.load(std::memory_order_relaxed); }
  void set_standing(Standing standing) { standing_ = standing; }
  bool present() const { return standing() == Standing::present; }
  bool receives() const {
    const Standing now = standing();
    return now == Standing::present || now == Standing::suspended;
  }
  // Whether the member takes one of its user's places: a device that was told to go does not.
  bool takes_place() const { return receives() && !told_to_go_; }
  void give_place() { told_to_go_ = true; }

  using Rooms = base::Few<base::Ref<Room>, 1>;
  Rooms& rooms() { return rooms_; }
  const Rooms& rooms() const { return rooms_; }
  // returns: the place of the room among rooms(), else nullptr.
  base::Ref<Room>* find_room(std::string_view name);
  bool is_in(const Room& room) const;
  // Whether a leave of that room is under way to the member's loop.
  bool is_leaving(const Room& room) const { return leaves_ && leaves_->are_under_way_of(room); }
  // nullptr until the first call of make_leaves().
  Leaves* leaves() { return leaves_.get(); }
  Leaves& make_leaves();

 private:
  std::atomic<Standing> standing_{Standing::absent};
  bool told_to_go_ = false;
  Rooms rooms_;
  std::unique_ptr<Leaves> leaves_;
};

}  // namespace microframe::hub
