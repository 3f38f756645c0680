// Mover: how the session of a connection comes from another node, and goes to one (Moves has the whole
// course). Threading: the device's loop. Owned by its connection, once the session moves.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/frame.hpp"
#include "hub/member.hpp"
#include "hub/sink.hpp"
#include "ws/arrival.hpp"
#include "ws/landing.hpp"
#include "ws/loop_context.hpp"
#include "ws/resumption.hpp"
#include "ws/session_export.hpp"
#include "ws/sessions.hpp"
#include "ws/watch.hpp"

namespace microframe::ws {

class Session;

// The connection. It outlives the mover.
class MoverHost {
 public:
  virtual hub::Member& member() = 0;
  virtual Endpoint& endpoint() const = 0;
  virtual Session& moving() = 0;
  // By which others know the device.
  virtual std::uint64_t device_id() const = 0;
  // Runs `task` in a turn: now, or after `delay`.
  virtual void run_turn(const std::function<void()>& task) = 0;
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;
  // The session has come: welcomes its client back. rooms: tells what the client has missed.
  virtual void go_on_here(Resumption resumption, const std::function<void()>& rooms) = 0;
  // Begins a new session on a stream that came for this one.
  virtual void begin_anew(Resumption resumption) = 0;
  // The session is not here any more: nothing is left but handles.
  virtual void forget() = 0;

 protected:
  ~MoverHost() = default;
};

class Mover {
 public:
  // Both outlive it.
  Mover(LoopContext& context, MoverHost& host) : context_(context), host_(host) {}

  // --- the session comes
  // Joins the rooms that the session is in on the other node, without a word to anyone; fetches it
  // when that is done. resumption: of its client, which waits.
  void land(Resumption resumption, const Arrival& arrival);
  bool is_landing() const { return landing_ && !landing_->is_over(); }
  // As the hub's Sink has it, while it lands.
  void joined(const hub::Joined& joined);
  // It does not come: its client begins anew, and inherits; or is dropped, if it has been overtaken.
  void give_up(Departure::End end = Departure::End::none);

  // Whether a message goes to the client.
  bool lets_through(const base::Frame& frame, const hub::Mark& mark) {
    if (landing_ && !landing_->lets_through(frame, mark)) return false;
    if (watch_) watch_->note(mark);
    return true;
  }

  // --- the session goes
  // Another node has asked for it: notes what it is sent.
  Resumable::Watched watch();
  // Whether all that it was sent since then is known.
  bool can_go() const { return watch_ && watch_->is_whole(); }
  // Gives it to who has asked for it.
  void go(Departure& departure);
  // Nobody has come for it, and the server stops: it is kept where all nodes find it.
  void keep(std::chrono::milliseconds for_time);

 private:
  std::function<void(std::function<void()> step)> turns();
  void seated();
  void known();
  void seek_again();
  void fetched(Departure::End end, const std::optional<SessionExport>& session);
  void take_over(const SessionExport& from);
  SessionExport take_out();

  LoopContext& context_;
  MoverHost& host_;
  std::shared_ptr<Landing> landing_;  // of a session that comes
  std::unique_ptr<Watch> watch_;      // of one that may go
};

}  // namespace microframe::ws
