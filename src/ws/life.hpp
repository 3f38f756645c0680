// Life: where a device stands between its first hook and its end, as a table: what each event makes
// of each state, and what the device must do then. Pure: no socket, no hook, no clock.
// Threading: one thread changes it; state() is for any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace microframe::ws {

class Life {
 public:
  enum class State : std::uint8_t {
    opening,    // its hooks have not begun
    open,       // counted and delivered to; its stream is open
    closing,    // it has ended: no client comes back; hooks and stream have still to end
    ending,     // it has ended, and so has the stream; hooks have still to end
    lingering,  // it has ended, and so have the hooks; the stream has still to end
    suspended,  // its stream is lost or closing; its client may come back
    resuming,   // its client has come back, and waits for the hooks of the former life
    expiring,   // no client may come back any more; it ends when no hook runs
    gone,       // nothing of it is left but handles
  };
  static constexpr std::size_t kStates = 9;

  enum class Event : std::uint8_t {
    begin,        // the handshake is over
    end,          // a Close, a failure or a loss that no client comes back from
    suspend,      // one that its client may come back from
    resume,       // the client of a suspended session has come by another stream
    expire,       // nobody has come in time, or nobody may come any more
    hooks_free,   // no hook runs or waits, and on_disconnect of the former life has run
    stream_over,  // the stream is closed
    hooks_over,   // the last hook of all has run
    land,         // its session is still at another node, and its client is here
    move,         // its session has gone to another node, or has not come from there
  };
  static constexpr std::size_t kEvents = 10;

  enum class Action : std::uint8_t {
    none,
    begin,    // count it in, run on_connect
    leave,    // count it out, run on_disconnect, then leave its rooms
    wait,     // keep its rooms, run on_disconnect, then wait for its client
    hold,     // hold the client's new stream until no hook runs
    go_on,    // swap stream and identity, run on_connect
    wind_up,  // count it out, run on_session_expired, then leave its rooms
    forget,   // let it go
    refuse,   // the event cannot happen in this state: a mistake of the device
  };

  State state() const { return state_.load(std::memory_order_acquire); }
  // Makes of the state what the table says.
  // returns: what the device must do; `refuse` changes nothing, and is logged.
  Action on(Event event);

  // Whether what is sent to the device has somewhere to go: to its stream, or to what is kept.
  bool accepts() const;
  bool is_open() const { return state() == State::open; }
  // Whether its session goes on, or waits to.
  bool may_come_back() const;
  // Whether it has ended for good.
  bool has_ended() const;

  // What a pair of the table does. For tests, which read all of them.
  struct Step {
    State next;
    Action action;
  };
  static Step step(State state, Event event);

 private:
  std::atomic<State> state_{State::opening};
};

// The names, as in logs: "suspended", "hooks_free".
std::string_view to_string(Life::State state);
std::string_view to_string(Life::Event event);
// What is told of a refused pair: "hooks_over in open".
std::string refusal(Life::State state, Life::Event event);

}  // namespace microframe::ws
