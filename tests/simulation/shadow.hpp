// Shadow: a hub together with a plain model of it. Every call goes to both; what the hub answers
// must be what the model says, at once, and what members receive must be what the model owes them
// or allows.
//
// What a member is owed: each message sent while it was present (and in the room) and stayed so
// until it came, once, in its sender's order. A message that crosses its coming or going may come
// or not. A join made on another loop comes into force for broadcasts of the member's own loop when
// that loop has run its post.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ref.hpp"
#include "hub/hub.hpp"
#include "simulation/guest.hpp"
#include "simulation/names.hpp"
#include "simulation/random.hpp"
#include "simulation/roster.hpp"
#include "simulation/sim_loop.hpp"
#include "simulation/trace.hpp"

namespace microframe::simulation {

class Shadow {
 public:
  using Loops = std::vector<std::unique_ptr<SimLoop>>;

  // All outlive it.
  Shadow(const Loops& loops, Random& random, const Trace& trace);

  // As the hub's functions of the same names.
  base::Ref<hub::Member> add(Guest& guest);
  void begin_leave(Guest& guest);
  void remove(Guest& guest);
  void join(Guest& guest, std::string_view room);
  void leave(Guest& guest, std::string_view room);
  void join_user(std::string_view user, std::string_view room);
  void leave_user(std::string_view user, std::string_view room);

  // A message of `sender`: the frame and what is owed follow from the note.
  void say(Note note, std::string_view padding);

  // Whether a broadcast is under way that holds no lock, so that others may run meanwhile.
  bool may_be_preempted() const { return preemptible_; }
  // Calls `action` with no such broadcast under way, as far as anyone sees.
  template <class Action>
  void undisturbed(Action&& action) {
    const bool before = std::exchange(preemptible_, false);
    action();
    preemptible_ = before;
  }

  // Called by a guest that the hub delivers to.
  // returns: whether the guest takes the message: it is present.
  bool delivered(Guest& guest, const Note& note);

  // Compares one answer of the hub's tables with the model's, or all of them.
  void check_something();
  void check_everything() const;
  // Whether every loop has run its posts and nobody is owed anything.
  void check_nothing_owed() const;
  void check_empty() const;

  const std::vector<std::string>& users() const { return users_; }
  const std::vector<std::string>& rooms() const { return room_names_; }

 private:
  SimLoop& loop_of(const Guest& guest) const { return *loops_[guest.loop()]; }
  ws::JoinResult expect_join(const Guest& guest, std::string_view room) const;
  void joined(Guest& guest, std::string_view room);
  bool left(Guest& guest, std::string_view room);
  void send(const Note& note, const base::Frame& frame, const hub::Exclusion& exclusion);
  bool may_hear(const Guest& guest, std::string_view room) const;
  bool may_still_hear(const Guest& guest, std::string_view room) const;
  bool must_hear(const Guest& guest, const Note& note) const;
  void check_room(std::string_view room) const;
  void check_user(const std::string& user) const;

  const Loops& loops_;
  Random& random_;
  const Trace& trace_;
  hub::Hub hub_;
  const Names users_{"ann", "bea", "cid", "dan"};
  const Names room_names_{"r", "s", "t", "u", "long-name", ""};  // the last two are never good
  bool preemptible_ = false;
  Roster roster_;
};

}  // namespace microframe::simulation
