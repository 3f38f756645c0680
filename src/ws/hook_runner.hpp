// HookRunner: runs the hooks of one connection, one at a time and in order, and catches what they throw.
// Threading: the connection's loop. What comes in while a hook waits is queued here; the connection stops
// reading when that is too much.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "microframe/detail/hooks.hpp"
#include "microframe/task.hpp"

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
  // A message that the hook could not take: `word` is for the sender ("bad_message"), `detail` says what was
  // wrong.
  virtual void on_bad_message(std::string_view word, std::string_view detail) = 0;
  // A hook threw; `what` is for the log only.
  virtual void on_hook_failed(std::string_view hook, std::string_view what) = 0;
  // The queue is worked off after a wait.
  virtual void on_hooks_idle() = 0;
  // on_disconnect has run, or never will. Throws nothing.
  virtual void on_hooks_ended() = 0;
  // What a coroutine left to be done ran out of memory; abandon() is to follow, later. Throws nothing.
  virtual void on_hooks_stuck() = 0;

 protected:
  ~HookHost() = default;
};

class HookRunner {
 public:
  explicit HookRunner(HookHost& host) : host_(host) {}

  void connect();
  // The payload is a view: copied only if a hook waits.
  void message(bool binary, base::Bytes payload);
  // What disconnect() needs of memory.
  void reserve_disconnect() { waiting(); }
  // The session has ended: on_disconnect runs after what is under way, and after the queued messages unless
  // they are dropped. Once.
  void disconnect(DisconnectReason reason, bool drop_queue);
  // Ends whatever still waits, for the server stops, or is stuck, for there was no memory; on_disconnect has
  // its turn if it has not had it.
  void abandon();

  // Bytes that the messages hold which wait for a hook to end.
  std::size_t queued_bytes() const { return waiting_ ? waiting_->queued_bytes : 0; }

 private:
  struct Queued {
    bool binary;
    std::string payload;
  };
  // Exists only while a hook runs that may wait, so that an idle connection pays a pointer.
  struct Waiting {
    Task<> task;
    std::string payload;             // what the hook's views show
    std::optional<Json> json;        // what its reference refers to
    std::optional<Message> message;  // likewise
    std::deque<Queued> queue;
    std::size_t queued_bytes = 0;
    std::optional<DisconnectReason> reason;
  };
  enum class Stage : std::uint8_t { before, connected, disconnecting, ended };

  bool busy() const { return running_ != nullptr; }
  Waiting& waiting();
  void run_message(bool binary, base::Bytes payload);
  void run_json(base::Bytes payload);
  void run_disconnect();
  // Calls `hook()` and lets its coroutine, if it is one, run until it waits. `name` is a literal, for the
  // log.
  template <class Hook>
  void run(const char* name, Hook&& hook);
  // The hook that ran has ended.
  void finish();
  // Runs what was queued behind it, until one waits or nothing is left.
  void go_on();
  static void resumed(void* self);
  void caught();

  HookHost& host_;
  std::unique_ptr<Waiting> waiting_;
  const char* running_ = nullptr;  // the hook that runs or waits
  Stage stage_ = Stage::before;
};

}  // namespace microframe::ws
