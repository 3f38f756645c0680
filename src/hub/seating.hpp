// Seating: who receives what is sent to a room (or to everyone), as one list a loop, sessions
// first: what is for them alone visits nobody else. Threading: a list is read and written on its
// own loop only, so a delivery takes no lock. The counts are for any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hub/delivery.hpp"
#include "hub/held_back.hpp"
#include "hub/member.hpp"

namespace microframe::hub {

class Seating {
 public:
  // window: how long deliveries may be held back; 0: not at all.
  explicit Seating(std::size_t loops, std::chrono::milliseconds window = {})
      : lists_(loops), window_(window), held_back_(window.count() == 0 ? 0 : loops) {}

  // Counts a member in before it is seated, so that no delivery passes over its loop. Any thread.
  void expect(const Member& member);
  void expect_no_more(const Member& member);
  bool expects_anyone_on(std::size_t loop, Audience audience = Audience::all) const {
    const List& list = lists_[loop];
    const auto& expected = audience == Audience::all ? list.expected : list.expected_sessions;
    return expected.load(std::memory_order_relaxed) != 0;
  }
  bool expects_sessions() const;
  std::size_t expected() const;
  // On the loop.
  std::size_t seated(std::size_t loop) const { return lists_[loop].members.size(); }

  // Puts the member into its loop's list, or takes it out; does nothing where that is so already.
  // On the member's loop. begun: the room's sequence, which the member has behind it. returns:
  // false where that was so already.
  bool seat(Member& member, std::uint64_t begun = 0);
  bool unseat(Member& member);

  // Delivers on `loop` to those whom it is for. On that loop, as what follows.
  void deliver(std::size_t loop, const Delivery& delivery);

  std::chrono::milliseconds window() const { return window_; }
  // Holds a delivery back, where there is a window. errors: std::bad_alloc, as if it had not been
  // called.
  enum class Held : std::uint8_t {
    first,
    more,
    full
  };  // first: nobody comes yet at the window's end
  Held hold_back(std::size_t loop, Delivery delivery);
  // Delivers what is held back. With `window_ends` the next to be held back is the first of another
  // window.
  void release(std::size_t loop, bool window_ends);
  // Gives the member what is held back for it here, or wherever it is seated, ahead of the others:
  // for it goes, or is told how far it has heard.
  void catch_up(Member& member);
  static void catch_up_everywhere(Member& member);

 private:
  static constexpr std::size_t kFetchAhead = 4;

  struct List {
    std::vector<Member*> members;  // not counted: a member is unseated before it is let go
    std::vector<std::uint64_t>
        begun;                 // of each: the sequence when it was seated; empty where none is told
    std::size_t sessions = 0;  // so many of the members, the first ones, have one
    std::uint64_t latest = 0;  // the highest sequence at which anyone was seated
    std::atomic<std::size_t> expected{0};
    std::atomic<std::size_t> expected_sessions{0};  // of those
  };

  // Calls visit(Member&, index) for the first `count` of a list; `visit` seats and unseats nobody.
  template <class Visit>
  static void for_each(const List& list, std::size_t count, Visit&& visit) {
    const auto& members = list.members;
    for (std::size_t i = 0; i < count; ++i) {
      // Members lie all over the memory, and each visit is short: fetch ahead.
      if (i + kFetchAhead < count) __builtin_prefetch(members[i + kFetchAhead]);
      visit(*members[i], i);
    }
  }
  static std::size_t count_of(const List& list, Audience audience) {
    return audience == Audience::sessions ? list.sessions : list.members.size();
  }
  Member::Seat* seat_of(Member& member) const;
  void swap_places(List& list, std::size_t one, std::size_t other);
  void catch_up(Member& member, const Member::Seat& seat);

  std::vector<List> lists_;
  const std::chrono::milliseconds window_;
  std::vector<HeldBack> held_back_;  // by loop; empty without a window
};

}  // namespace microframe::hub
