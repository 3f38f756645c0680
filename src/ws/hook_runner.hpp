// HookRunner: runs the hooks of one connection, one at a time and in order, and catches what they
// throw. Threading: the connection's loop. What comes in while a hook waits is queued here; the
// connection stops reading when that is too much.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "microframe/detail/connection_data.hpp"
#include "microframe/detail/hooks.hpp"
#include "microframe/detail/turn.hpp"
#include "microframe/task.hpp"
#include "v1/client_frame.hpp"
#include "v1/server_step.hpp"
#include "ws/hook_job.hpp"
#include "ws/late_handle.hpp"

namespace microframe::ws {

// The hooks of an endpoint and the object that has them. They outlive every runner.
struct HookTarget {
  const detail::Hooks& hooks;
  void* handler;
  const char* path;  // the endpoint's, as the watchdog shows it
};

// What comes of the hooks, for the connection that they are of. It outlives the runner.
class HookEvents {
 public:
  // The turn of the message or control `id` of microframe.v1 has come (0: it has none); or its
  // message hook has ended well. of: a message's v1::Origin as it is written, "" for none.
  virtual void on_turn(std::uint64_t id, std::string_view of) = 0;
  virtual void on_turn_done() = 0;
  // What is shown as the turn while a message's hook runs.
  virtual detail::Turn turn() = 0;
  // It is a control's turn. allowed: what can_join said of a join.
  virtual void on_control(const v1::ClientFrame& frame, bool allowed) = 0;
  // A message that the hook could not take. word: for the sender ("bad_message"); detail: what was
  // wrong, possibly in the application's words.
  virtual void on_bad_message(std::string_view word, std::string_view detail) = 0;
  // A hook threw; `what` is for the log only.
  virtual void on_hook_failed(std::string_view hook, std::string_view what) = 0;
  // All that waited has had its turn.
  virtual void on_hooks_idle() = 0;
  // on_disconnect or on_session_expired has run, or never will. What is noted meanwhile by
  // note_room_change() still has its turn, before on_hooks_ended(). Throws nothing.
  virtual void on_last_hook() = 0;
  // No hook runs or waits any more. Throws nothing.
  virtual void on_hooks_ended() = 0;
  // What a coroutine left to be done ran out of memory; abandon() must follow, later. Throws
  // nothing.
  virtual void on_hooks_stuck() = 0;

 protected:
  ~HookEvents() = default;
};

class HookRunner {
 public:
  HookRunner(const HookTarget& target, HookEvents& events) : target_(target), events_(events) {}

  // A session goes on whose hooks have ended: connect() must follow, or disconnect().
  void begin_anew();
  // Runs on_connect. handle: what the hooks are given, until forget_handle(). Once; again after
  // begin_anew().
  void connect(const WebSocket& handle);
  // Destroys the application's data, too. Not before on_hooks_ended(), and not from within it: the
  // handle may be the last of its device.
  void forget_handle();
  // Where the application's data lies, from connect() until forget_handle().
  // errors: std::logic_error before and after.
  detail::DataSlot& data();

  // Run a message's hook, or keep the message until its turn. payload and the message of bytes
  // are views: they are copied only if a hook waits.
  void message(bool binary, base::Bytes payload);
  void session_message(v1::ClientFrame frame, std::size_t bytes);
  void session_binary(const v1::HandleBinary& message);
  // Asks can_join of a join; on_control follows.
  void session_control(v1::ClientFrame frame, std::size_t bytes);
  // Notes on_join or on_leave for its turn.
  // returns: whether go_on() must be called later, when no hub is at work any more.
  bool note_room_change(const RoomHook& hook, std::string room);
  // Gives turns until a hook waits or nothing is left.
  void go_on();

  // The session has ended or its stream is lost: on_disconnect runs after what is under way, and
  // after the queued messages unless they are dropped. Once per connect().
  void disconnect(DisconnectReason reason, bool drop_queue);
  // Nobody has come back: runs on_session_expired. Only while is_free().
  void expire();
  // What disconnect() and expire() need of memory, so that they throw nothing after.
  void reserve_end() { waiting(); }
  // Ends whatever still waits, because the server stops, or is stuck, because there was no memory.
  // on_disconnect has its turn if it has not had it.
  void abandon();

  // Whether no hook runs or waits and on_hooks_ended() has been called: begin_anew() may be.
  bool is_free() const { return !busy() && stage_ == Stage::ended; }
  // Bytes that the messages hold which wait for a hook to end.
  std::size_t queued_bytes() const { return waiting_ ? waiting_->queued_bytes : 0; }

 private:
  // Exists only while something waits, so that an idle connection pays a pointer.
  struct Waiting {
    Task<> task;
    std::string payload;                  // what the hook's views show
    std::optional<Json> json;             // what its reference refers to
    std::optional<Message> message;       // the same for a raw message
    std::optional<v1::ClientFrame> join;  // what can_join is asked about
    bool join_allowed = false;
    std::string room;  // of a room hook
    std::deque<HookJob> queue;
    std::size_t queued_bytes = 0;
    std::optional<DisconnectReason> reason;
  };
  enum class Stage : std::uint8_t {
    before,         // connect() has not been called
    connected,      // messages have their turns
    disconnecting,  // on_disconnect has had its turn, or has it
    expiring,       // on_session_expired must have its turn
    leaving,        // the rooms that are left have theirs
    ended,
  };

  bool busy() const { return running_ != nullptr; }
  Waiting& waiting();
  void enqueue(HookJob job);
  void drop_messages();
  void end_stage();

  void take(const PlainMessage& job) { run_message(job.binary, base::as_bytes(job.payload)); }
  void take(SessionMessage job) { run_session_message(std::move(job.frame)); }
  void take(const SessionBinary& job) {
    run_session_binary({job.id, base::as_bytes(job.content), job.of});
  }
  void take(SessionControl job) { run_control(std::move(job.frame)); }
  void take(RoomChange job);

  void run_message(bool binary, base::Bytes payload);
  void run_binary(base::Bytes payload);
  void run_raw(bool binary, base::Bytes payload);
  void run_json(base::Bytes payload);
  void run_parsed(Json message);
  void run_session_message(v1::ClientFrame frame);
  void run_session_binary(const v1::HandleBinary& message);
  void run_control(v1::ClientFrame frame);
  void run_disconnect();
  void run_expired();
  // Calls hook(handler, handle, user, arguments...) and lets its coroutine, if it is one, run until
  // it waits. name: a literal, for the log.
  template <class Hook, class... Arguments>
  void run(const char* name, Hook hook, Arguments&&... arguments);
  // The hook that ran has ended, and nothing has failed.
  void succeeded();
  // It has ended.
  void finish();
  static void resumed(void* self);
  void caught();

  const HookTarget& target_;
  HookEvents& events_;
  std::unique_ptr<Waiting> waiting_;
  detail::DataSlot data_;                    // the application's; nullptr until a hook asks for it
  const char* running_ = nullptr;            // the hook that runs or waits
  [[no_unique_address]] LateHandle handle_;  // from connect() on; the next are in its padding
  bool in_turn_ = false;                     // what it handles is a message of microframe.v1
  Stage stage_ = Stage::before;
};

}  // namespace microframe::ws
