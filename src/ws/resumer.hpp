// Resumer: how the client of a session of microframe.v1 comes back to it: for how long the session
// waits without a stream, whom it goes on with, and what becomes of those who come too late. It
// drives Life through its suspended states. Threading: the device's loop. Owned by its connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/slots.hpp"
#include "base/timer_wheel.hpp"
#include "net/loop.hpp"
#include "ws/life.hpp"
#include "ws/resumption.hpp"

namespace microframe::ws {

// The connection whose session it is. It outlives the resumer.
class ResumerHost {
 public:
  // Whether no hook runs or waits, and the hooks of the former life have ended.
  virtual bool hooks_are_free() const = 0;
  // Whether this attempt comes after all that have come so far.
  virtual bool is_latest(const Resumption& resumption) = 0;
  // Whether all that the client has missed is kept.
  virtual bool can_resume(const Resumption& resumption) const = 0;
  // Ends the stream that the session still has, because its client has come by another. The session
  // is suspended by this if it was open, or ends if too many are suspended.
  virtual void release_stream() = 0;
  // Goes on with the session on the new stream.
  virtual void go_on_with(Resumption resumption) = 0;
  // Begins a new session on a stream that came for this one.
  virtual void begin_anew(Resumption resumption) = 0;
  // Nobody can come any more: the session ends. Life has said so. Throws nothing after
  // reserve_end().
  virtual void reserve_end() = 0;
  virtual void wind_up() = 0;
  // The wait is over: the host calls expire() in its turn.
  virtual void on_nobody_came() = 0;
  // Runs `task` from the loop's own stack, soon; all that it uses lives until then.
  virtual void later(std::function<void()> task) = 0;

 protected:
  ~ResumerHost() = default;
};

class Resumer final : private base::TimerNode {
 public:
  // ttl: how long a session waits; 0: none does. suspended: the places of all that wait. All that is
  // referred to outlives the resumer.
  Resumer(net::Loop& loop, std::chrono::milliseconds ttl, base::Slots& suspended, Life& life,
          ResumerHost& host);

  // The stream is lost, or closes. The owner must then run on_disconnect.
  // returns: false if the session does not wait, because too many do.
  bool suspend();
  // The stream is over: from here on only the clock ends the wait.
  void stream_over();
  // The client has come by another stream.
  void resume(Resumption resumption);
  // A hook has ended: perhaps the last that was waited for.
  void hook_ended();
  // Nobody may come any more: the session ends, as soon as no hook of it runs.
  void expire();
  // Nobody is waited for any more.
  // returns: how long somebody would have been.
  std::chrono::milliseconds end_wait();
  // The session has ended.
  // returns: the stream that was held for it; nullptr if there was none.
  std::unique_ptr<Resumption> end();

 private:
  // base::TimerNode
  void on_deadline(std::uint64_t) override { host_.on_nobody_came(); }
  void hold(Resumption resumption);
  void go_on();

  net::Loop& loop_;
  const std::chrono::milliseconds ttl_;
  base::Slots& suspended_;
  Life& life_;
  ResumerHost& host_;
  base::Slots::Place place_;  // while suspended
  std::uint64_t until_ms_ = 0;
  std::unique_ptr<Resumption> successor_;  // whose stream is held until no hook runs
};

}  // namespace microframe::ws
