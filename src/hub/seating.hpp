// Seating: who receives what is sent to a room (or to everyone), as one list per loop, sessions
// first: what is for sessions alone visits nobody else. With a window, deliveries wait on each loop
// until the window ends there, and then leave together (docs/adr/0013). Who is seated meanwhile gets
// what is sent after; who goes gets at once what was sent before.
// Threading: a list is read and written on its own loop only, so a delivery takes no lock. The
// counts are for any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ref.hpp"
#include "hub/delivery.hpp"
#include "hub/held_back.hpp"
#include "hub/loop_port.hpp"
#include "hub/receiver.hpp"

namespace microframe::hub {

class Seating {
 public:
  // loops: outlive the seating. The seating has no window, and outlives what it posts.
  explicit Seating(const std::vector<LoopPort*>& loops) : loops_(loops), lists_(loops.size()) {}
  // window: how long deliveries may wait for those that follow; 0: not at all. owner: what the
  // seating is a part of, held as long as something is posted or waits.
  Seating(const std::vector<LoopPort*>& loops, std::chrono::milliseconds window,
          const base::RefCounted& owner);

  // Counts a receiver in before it is seated, so that no delivery passes its loop over. Any thread.
  void expect(const Receiver& receiver);
  void expect_no_more(const Receiver& receiver);
  bool expects_anyone_on(std::size_t loop, Audience audience = Audience::all) const {
    const List& list = lists_[loop];
    const auto& expected = audience == Audience::all ? list.expected : list.expected_sessions;
    return expected.load(std::memory_order_relaxed) != 0;
  }
  bool expects_sessions() const;
  std::size_t expected() const;

  // Gives the delivery to every loop with a receiver: at once on the current one, by a post to each
  // other. Any thread.
  // errors: std::bad_alloc; some loops may have the delivery then.
  void send(const Delivery& delivery);
  // Gives the delivery to those on `loop`, which is the current one, at once or when the window
  // ends. Needs no memory: without memory to hold a delivery back, nothing waits.
  void deliver(std::size_t loop, const Delivery& delivery);
  // The same for a delivery that has come from another loop.
  void deliver_posted(std::size_t loop, Delivery& delivery);

  // --- On the receiver's loop.
  // Puts the receiver into its loop's list, or takes it out. begun: what the receiver has behind it,
  // as a number of the room.
  // returns: false where that was so already.
  bool seat(Receiver& receiver, std::uint64_t begun = 0);
  bool unseat(Receiver& receiver);
  // Gives the receiver what still waits for it here, or wherever it is seated, ahead of the others:
  // because it goes, or is told how far it has heard.
  void catch_up(Receiver& receiver);
  static void catch_up_everywhere(Receiver& receiver);

 private:
  static constexpr std::size_t kFetchAhead = 4;

  struct List {
    // Not counted: a receiver is unseated before it is let go.
    std::vector<Receiver*> receivers;
    std::vector<std::uint64_t> begun;  // of each receiver; empty where nobody has told one
    std::size_t sessions = 0;          // so many receivers, the first ones, have a session
    std::uint64_t latest = 0;          // the highest number with which anyone was seated
    std::atomic<std::size_t> expected{0};
    std::atomic<std::size_t> expected_sessions{0};  // of those
  };
  struct Window {
    std::chrono::milliseconds length;
    std::vector<HeldBack> held;  // by loop
  };

  // Calls visit(Receiver&, index) for the first `count` of a list; `visit` seats and unseats nobody.
  template <class Visit>
  static void for_each(const List& list, std::size_t count, Visit&& visit) {
    const auto& receivers = list.receivers;
    for (std::size_t i = 0; i < count; ++i) {
      // Receivers lie all over the memory, and each visit is short: fetch ahead.
      if (i + kFetchAhead < count) __builtin_prefetch(receivers[i + kFetchAhead]);
      visit(*receivers[i], i);
    }
  }
  static std::size_t count_of(const List& list, Audience audience) {
    return audience == Audience::sessions ? list.sessions : list.receivers.size();
  }
  base::Ref<const base::RefCounted> owner() const {
    return base::Ref<const base::RefCounted>(owner_);
  }
  Receiver::Seat* seat_of(Receiver& receiver) const;
  void swap_places(List& list, std::size_t one, std::size_t other);
  void deliver_now(std::size_t loop, const Delivery& delivery);
  void release(std::size_t loop);
  void catch_up(Receiver& receiver, const Receiver::Seat& seat);

  const std::vector<LoopPort*>& loops_;
  const base::RefCounted* const owner_ = nullptr;
  std::vector<List> lists_;
  const std::unique_ptr<Window> window_;  // nullptr: nothing waits
};

}  // namespace microframe::hub
