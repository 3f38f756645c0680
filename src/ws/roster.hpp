// Roster: who lives on one loop, from accept to the end: connections before their PROXY header, those
// that talk HTTP, devices. One intrusive list; and the one place where running out of memory in one
// of them is survived (docs/adr/0012). Threading: its loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <utility>

#include "base/timer_wheel.hpp"
#include "net/loop.hpp"

namespace microframe::ws {

class Roster;

// Somebody on a roster.
class Resident {
 public:
  enum class Kind : std::uint8_t { proxy, http, device };

  Resident(const Resident&) = delete;
  Resident& operator=(const Resident&) = delete;

  // The server stops: says so to the peer, or ends at once if the peer cannot be told.
  // returns: whether the peer was told now.
  virtual bool shut_down() {
    drop();
    return false;
  }
  // Ends at once. Called again where there was no memory for all of it: it then goes on.
  virtual void drop() = 0;

 protected:
  explicit Resident(Kind kind) : kind_(kind) {}
  virtual ~Resident() = default;
  // It has left the roster, which has held it: it may be destroyed by this.
  virtual void let_go() = 0;

 private:
  friend class Roster;  // of this unit

  enum class Standing : std::uint8_t {
    absent,
    present,
    condemned,  // memory ran out: it does nothing any more, and is dropped soon
  };

  const Kind kind_;
  Standing standing_ = Standing::absent;
  Resident* previous_ = nullptr;
  Resident* next_ = nullptr;
};

class Roster final : private base::TimerNode {
 public:
  // loop: outlives it.
  explicit Roster(net::Loop& loop) : loop_(loop) {}
  // Lets go of whoever is left.
  ~Roster() override;

  // Holds the resident until leave(). It is not on a roster yet.
  void enter(Resident& resident);
  // Lets go of it. Does nothing for one that has left.
  void leave(Resident& resident);

  std::size_t count(Resident::Kind kind) const { return counts_[static_cast<std::size_t>(kind)]; }
  // Calls visit(Resident&) for each of a kind, the last to come first, until it returns false. Any
  // of them may leave meanwhile, and new ones are not visited.
  template <class Visit>
  void visit(Resident::Kind kind, Visit&& visit) {
    for (next_ = last_; next_ != nullptr;) {
      Resident& one = *std::exchange(next_, next_->previous_);
      if (one.kind_ == kind && !visit(one)) break;
    }
    next_ = nullptr;
  }
  // Has `told` called, once and by a post, when nobody talks HTTP and no device is left.
  void when_empty(std::function<void()> told);
  // Whether somebody waits for that: nobody new may enter.
  bool is_closing() const { return static_cast<bool>(told_empty_); }

  // Runs `action` for a resident. Where it runs out of memory, the resident is condemned: it is
  // dropped soon, from no other stack than the loop's own, and no action of it runs any more.
  // returns: whether the action was run to its end.
  template <class Action>
  bool run(Resident& resident, Action&& action) {
    if (is_condemned(resident)) return false;
    try {
      action();
      return true;
    } catch (const std::bad_alloc&) {
      condemn(resident);
      return false;
    }
  }
  static bool is_condemned(const Resident& resident) {
    return resident.standing_ == Resident::Standing::condemned;
  }
  // Needs no memory.
  void condemn(Resident& resident);

 private:
  // base::TimerNode
  void on_deadline(std::uint64_t now_ms) override;
  void drop_condemned();
  void tell_if_empty();

  net::Loop& loop_;
  Resident* last_ = nullptr;
  Resident* next_ = nullptr;  // of the visit that is under way
  std::array<std::size_t, 3> counts_{};
  std::function<void()> told_empty_;
  bool drops_soon_ = false;  // a post or a deadline will drop whoever is condemned
};

}  // namespace microframe::ws
