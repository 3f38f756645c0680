// HookRunner: runs the hooks of one connection, one at a time and in order, and catches what they
// throw. Threading: the connection's loop. What comes in while a hook waits is queued here; the
// connection stops reading when that is too much.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "microframe/detail/hooks.hpp"
#include "microframe/task.hpp"
#include "v1/client_frame.hpp"

namespace microframe::ws {

// What the runner needs of its connection, which outlives it.
class HookHost {
 public:
  virtual const detail::Hooks& hooks() const = 0;
  virtual void* handler() const = 0;
  // The handle that hooks receive; stays in place until on_disconnect is done.
  virtual WebSocket& handle() = 0;
  virtual const UserId& user_id() const = 0;
  // Shows the watchdog that `hook`, a literal, runs, until the scope ends.
  virtual detail::ActivitySign::Scope show(const char* hook) = 0;
  // The message `id` of microframe.v1 is being handled; or has been, and nothing has failed. 0: it
  // has none.
  virtual void on_message_begun(std::uint64_t id) = 0;
  virtual void on_message_done() = 0;
  // It is a join's, a leave's or a refresh's turn; allowed: what can_join said of a join.
  virtual void on_control(const v1::ClientFrame& frame, bool allowed) = 0;
  // A message that the hook could not take: `word` is for the sender ("bad_message"), `detail` says
  // what was wrong.
  virtual void on_bad_message(std::string_view word, std::string_view detail) = 0;
  // A hook threw; `what` is for the log only.
  virtual void on_hook_failed(std::string_view hook, std::string_view what) = 0;
  // The queue is worked off after a wait.
  virtual void on_hooks_idle() = 0;
  // on_disconnect has run, or never will; or the last() events have. Throws nothing.
  virtual void on_hooks_ended() = 0;
  // What a coroutine left to be done ran out of memory; abandon() is to follow, later. Throws
  // nothing.
  virtual void on_hooks_stuck() = 0;

 protected:
  ~HookHost() = default;
};

class HookRunner {
 public:
  explicit HookRunner(HookHost& host) : host_(host) {}

  // Once; again after begin_anew().
  void connect();
  // A session goes on whose hooks have ended.
  void begin_anew() {
    assert(is_free());
    stage_ = Stage::before;
  }
  // The payload is a view: copied only if a hook waits.
  void message(bool binary, base::Bytes payload);
  // Messages of microframe.v1.
  // bytes: of the frame, which it may have to hold.
  void v1_message(v1::ClientFrame frame, std::size_t bytes);
  void v1_binary(base::Bytes content, std::uint64_t id);
  // Asks can_join of a join; on_control follows.
  void v1_control(v1::ClientFrame frame, std::size_t bytes);
  // Notes on_join or on_leave, to be run by go_on() behind what is under way.
  struct RoomEvent {
    detail::Hooks::RoomEvent hook = nullptr;
    const char* name = nullptr;  // a literal, for the log
  };
  void note_room_event(RoomEvent event, std::string room);
  bool has_events() const { return waiting_ && !waiting_->queue.empty(); }
  // Runs what was queued, until one waits or nothing is left.
  void go_on();
  // Runs on_session_expired behind it, and then on_hooks_ended(). After on_hooks_ended() only, as
  // last() is. Needs no memory after reserve_disconnect().
  void expire();
  // The events that were noted since on_hooks_ended() are the last of all.
  void last();
  // What disconnect() needs of memory.
  void reserve_disconnect() { waiting(); }
  // The session has ended: on_disconnect runs after what is under way, and after the queued
  // messages unless they are dropped. Once.
  void disconnect(DisconnectReason reason, bool drop_queue);
  // Ends whatever still waits, for the server stops, or is stuck, for there was no memory;
  // on_disconnect has its turn if it has not had it.
  void abandon();

  // Whether no hook runs or waits and on_hooks_ended() has been called: begin_anew() may be.
  bool is_free() const { return !busy() && stage_ == Stage::ended; }
  // Bytes that the messages hold which wait for a hook to end.
  std::size_t queued_bytes() const { return waiting_ ? waiting_->queued_bytes : 0; }

 private:
  struct Queued {
    enum class Kind : std::uint8_t { text, binary, v1_message, v1_binary, v1_control, room_event };

    Queued(Kind what, std::string bytes) : kind(what), payload(std::move(bytes)) {}
    Queued(Kind what, v1::ClientFrame parsed, std::size_t bytes)
        : kind(what),
          frame(std::make_unique<v1::ClientFrame>(std::move(parsed))),
          frame_bytes(bytes) {}
    bool is_message() const { return kind < Kind::room_event; }
    std::size_t size() const { return payload.size() + frame_bytes + sizeof(Queued); }

    Kind kind;
    std::string payload;                     // or the room of an event
    std::unique_ptr<v1::ClientFrame> frame;  // of microframe.v1
    std::size_t frame_bytes = 0;
    std::uint64_t id = 0;  // of v1_binary
    RoomEvent event;
  };
  // Exists only while a hook runs that may wait, so that an idle connection pays a pointer.
  struct Waiting {
    Task<> task;
    std::string payload;                  // what the hook's views show
    std::optional<Json> json;             // what its reference refers to
    std::optional<Message> message;       // likewise
    std::optional<v1::ClientFrame> join;  // likewise: what can_join is asked about
    bool join_allowed = false;
    std::string room;  // likewise, of an event
    std::deque<Queued> queue;
    std::size_t queued_bytes = 0;
    std::optional<DisconnectReason> reason;
    bool expired = false;  // on_session_expired is to run
  };
  enum class Stage : std::uint8_t { before, connected, disconnecting, ended };

  bool busy() const { return running_ != nullptr; }
  Waiting& waiting();
  void enqueue(Queued item);
  void drop_messages();
  void run_item(Queued item);
  void run_message(bool binary, base::Bytes payload);
  void run_raw(bool binary, base::Bytes payload);
  void run_json(base::Bytes payload);
  void run_parsed(Json message);
  void run_v1_message(v1::ClientFrame frame);
  void run_v1_binary(base::Bytes content, std::uint64_t id);
  void run_control(v1::ClientFrame frame);
  void run_room_event(RoomEvent event, std::string room);
  void run_expired();
  void run_disconnect();
  // Calls `hook()` and lets its coroutine, if it is one, run until it waits. `name` is a literal,
  // for the log.
  template <class Hook>
  void run(const char* name, Hook&& hook);
  // The hook that ran has ended, and nothing has failed.
  void succeeded();
  // It has ended.
  void finish();
  static void resumed(void* self);
  void caught();

  HookHost& host_;
  std::unique_ptr<Waiting> waiting_;
  const char* running_ = nullptr;  // the hook that runs or waits
  bool is_v1_ = false;             // what it handles is a message of microframe.v1
  Stage stage_ = Stage::before;
};

}  // namespace microframe::ws
