#include "ws/hook_runner.hpp"

#include <cassert>
#include <exception>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/json_arena.hpp"
#include "base/json_error.hpp"
#include "base/parse_json.hpp"
#include "microframe/detail/scheduler.hpp"
#include "v1/server_frames.hpp"

namespace microframe::ws {
namespace {

constexpr char kOnMessage[] = "on_message";
constexpr char kOnBinary[] = "on_binary";
constexpr char kCanJoin[] = "can_join";

// Whether it is called because of what the peer sent, and the peer may be to blame.
bool answers_peer(const char* name) {
  return name == kOnMessage || name == kOnBinary || name == kCanJoin;
}

}  // namespace

HookRunner::Waiting& HookRunner::waiting() {
  if (!waiting_) waiting_ = std::make_unique<Waiting>();
  return *waiting_;
}

void HookRunner::begin_anew() {
  assert(is_free());
  stage_ = Stage::before;
}

void HookRunner::connect(const WebSocket& handle) {
  assert(stage_ == Stage::before);
  if (!handle_) handle_.set(handle);
  stage_ = Stage::connected;
  if (const auto hook = target_.hooks.on_connect) run("on_connect", hook);
  go_on();
}

// The application's destructor may ask for the data, which is gone then.
void HookRunner::forget_handle() {
  const std::optional<WebSocket> last = handle_.take();
  data_.reset();
}

detail::DataSlot& HookRunner::data() {
  if (!handle_)
    throw std::logic_error(
        "data() of a connection belongs to its hooks, none of which can run now");
  return data_;
}

// --- what comes in ---

void HookRunner::enqueue(HookJob job) {
  Waiting& waits = waiting();
  const std::size_t size = size_of(job);
  waits.queue.push_back(std::move(job));
  waits.queued_bytes += size;
}

void HookRunner::message(bool binary, base::Bytes payload) {
  assert(stage_ == Stage::connected);
  if (busy()) return enqueue(PlainMessage{binary, std::string(base::as_text(payload))});
  run_message(binary, payload);
  go_on();
}

void HookRunner::session_message(v1::ClientFrame frame, std::size_t bytes) {
  assert(stage_ == Stage::connected);
  if (busy()) return enqueue(SessionMessage{std::move(frame), bytes});
  run_session_message(std::move(frame));
  go_on();
}

void HookRunner::session_binary(const v1::HandleBinary& message) {
  assert(stage_ == Stage::connected);
  if (busy()) {
    std::string content(base::as_text(message.content));
    return enqueue(SessionBinary{message.id, std::move(content), std::string(message.of)});
  }
  run_session_binary(message);
  go_on();
}

void HookRunner::session_control(v1::ClientFrame frame, std::size_t bytes) {
  assert(stage_ == Stage::connected);
  if (busy()) return enqueue(SessionControl{std::move(frame), bytes});
  run_control(std::move(frame));
  go_on();
}

bool HookRunner::note_room_change(const RoomHook& hook, std::string room) {
  enqueue(RoomChange{hook, std::move(room)});
  return stage_ != Stage::leaving;
}

// --- the end ---

void HookRunner::disconnect(DisconnectReason reason, bool drop_queue) {
  if (stage_ != Stage::before && stage_ != Stage::connected) return;
  if (drop_queue && waiting_) drop_messages();
  if (waiting().reason) return;
  waiting_->reason = std::move(reason);
  go_on();
}

void HookRunner::drop_messages() {
  std::size_t dropped = 0;
  std::erase_if(waiting_->queue, [&](const HookJob& job) {
    if (is_message(job)) dropped += size_of(job);
    return is_message(job);
  });
  waiting_->queued_bytes -= dropped;
}

void HookRunner::expire() {
  assert(is_free());
  waiting();
  stage_ = Stage::expiring;
  go_on();
}

void HookRunner::abandon() {
  do {  // the one that waits, then on_disconnect if that waits too
    if (waiting_) {
      waiting_->task = {};
      waiting_->queue.clear();
      waiting_->queued_bytes = 0;
    }
    finish();
    go_on();
  } while (busy());
}

// --- turns ---

void HookRunner::go_on() {
  while (!busy() && waiting_) {
    if (waiting_->queue.empty()) {
      end_stage();
      continue;
    }
    HookJob next = std::move(waiting_->queue.front());
    waiting_->queue.pop_front();
    waiting_->queued_bytes -= size_of(next);
    std::visit([this](auto&& job) { take(std::forward<decltype(job)>(job)); }, std::move(next));
  }
}

// Nothing waits in the queue: what follows from where the connection stands.
void HookRunner::end_stage() {
  switch (stage_) {
    case Stage::before:
    case Stage::connected:
      if (waiting_->reason) return run_disconnect();
      waiting_.reset();
      return events_.on_hooks_idle();
    case Stage::expiring:
      return run_expired();
    case Stage::disconnecting:
      stage_ = Stage::leaving;
      return events_.on_last_hook();
    case Stage::leaving:
      stage_ = Stage::ended;
      waiting_.reset();
      return events_.on_hooks_ended();
    case Stage::ended:  // of rooms that were entered or left while nobody was connected
      waiting_.reset();
      return events_.on_hooks_idle();
  }
}

void HookRunner::run_disconnect() {
  const bool connected = stage_ == Stage::connected;
  stage_ = Stage::disconnecting;
  const auto hook = target_.hooks.on_disconnect;
  if (connected && hook) run("on_disconnect", hook, std::as_const(*waiting_->reason));
}

void HookRunner::run_expired() {
  stage_ = Stage::disconnecting;
  if (const auto hook = target_.hooks.on_session_expired) run("on_session_expired", hook);
}

void HookRunner::take(RoomChange job) {
  waiting().room = std::move(job.room);
  run(job.hook.name, job.hook.hook, std::as_const(waiting_->room));
}

// --- messages ---

void HookRunner::run_message(bool binary, base::Bytes payload) {
  if (binary && target_.hooks.on_binary) {
    run_binary(payload);
  } else if (target_.hooks.on_raw) {
    run_raw(binary, payload);
  } else if (binary) {
    events_.on_bad_message("binary_not_supported", "this endpoint takes JSON text messages");
    in_turn_ = false;
  } else {
    run_json(payload);
  }
}

void HookRunner::run_binary(base::Bytes payload) {
  if (target_.hooks.binary_waits) {
    waiting().payload = base::as_text(payload);
    payload = base::as_bytes(waiting_->payload);
  }
  run(kOnBinary, target_.hooks.on_binary, payload);
}

void HookRunner::run_raw(bool binary, base::Bytes payload) {
  const bool waits = target_.hooks.message_waits;
  if (waits) {
    waiting().payload = base::as_text(payload);
    payload = base::as_bytes(waiting_->payload);
  }
  const Message message = binary ? Message::binary(payload) : Message::text(base::as_text(payload));
  if (!waits) return run(kOnMessage, target_.hooks.on_raw, message);
  waiting_->message = message;
  run(kOnMessage, target_.hooks.on_raw, std::as_const(*waiting_->message));
}

void HookRunner::run_json(base::Bytes payload) {
  std::string why;
  if (target_.hooks.message_waits) {
    auto parsed = base::parse_json(base::as_text(payload), why);
    if (!parsed) return events_.on_bad_message("invalid_json", why);
    return run_parsed(std::move(*parsed));
  }
  base::JsonArena arena;  // for a hook that has done with the message when it returns
  const auto parsed = arena.parse(base::as_text(payload), why);
  if (!parsed) return events_.on_bad_message("invalid_json", why);
  run(kOnMessage, target_.hooks.on_json, *parsed);
}

void HookRunner::run_parsed(Json message) {
  if (!target_.hooks.message_waits)
    return run(kOnMessage, target_.hooks.on_json, std::as_const(message));
  waiting().json = std::move(message);
  run(kOnMessage, target_.hooks.on_json, std::as_const(*waiting_->json));
}

// --- microframe.v1 ---

void HookRunner::run_session_message(v1::ClientFrame frame) {
  in_turn_ = true;
  events_.on_turn(frame.id, frame.name);
  if (!target_.hooks.on_raw) return run_parsed(std::move(frame.data));
  const std::string content = v1::content_of(frame.data);
  run_raw(false, base::as_bytes(content));
}

void HookRunner::run_session_binary(const v1::HandleBinary& message) {
  in_turn_ = true;
  events_.on_turn(message.id, message.of);
  run_message(true, message.content);
}

void HookRunner::run_control(v1::ClientFrame frame) {
  events_.on_turn(frame.id, {});
  if (frame.type != v1::ClientFrame::Type::join) return events_.on_control(frame, true);
  const auto check = target_.hooks.can_join;
  if (!check) return events_.on_control(frame, false);
  Waiting& waits = waiting();
  waits.join = std::move(frame);
  waits.join_allowed = false;
  run(kCanJoin, check, std::as_const(waits.join->name), waits.join_allowed);
}

// --- one hook ---

template <class Hook, class... Arguments>
void HookRunner::run(const char* name, Hook hook, Arguments&&... arguments) {
  assert(!busy());
  running_ = name;
  try {
    detail::Scheduler& scheduler = *detail::Scheduler::current();
    const detail::ActivitySign::Scope shown(scheduler.activity(), {name, target_.path});
    const detail::TurnSign::Scope turn(scheduler.turn(),
                                       in_turn_ ? events_.turn() : detail::Turn());
    if (Task<> task = hook(target_.handler, *handle_, handle_->user(), arguments...)) {
      waiting().task = std::move(task);
      if (!waiting_->task.start(&HookRunner::resumed, this)) return;
      waiting_->task.result();
    }
    succeeded();
  } catch (...) {
    caught();
  }
  finish();
}

void HookRunner::succeeded() {
  if (running_ == kCanJoin) {
    const v1::ClientFrame join = std::move(*waiting_->join);
    events_.on_control(join, waiting_->join_allowed);
  } else if (in_turn_ && answers_peer(running_)) {
    events_.on_turn_done();
  }
}

void HookRunner::finish() {
  running_ = nullptr;
  in_turn_ = false;
  if (!waiting_) return;
  waiting_->task = {};
  waiting_->message.reset();
  waiting_->json.reset();
  waiting_->join.reset();
}

// Called by the last breath of a hook's coroutine.
void HookRunner::resumed(void* self) {
  auto& runner = *static_cast<HookRunner*>(self);
  try {
    try {
      runner.waiting_->task.result();
      runner.succeeded();
    } catch (...) {
      runner.caught();
    }
    runner.finish();
    runner.go_on();
  } catch (const std::bad_alloc&) {
    runner.events_.on_hooks_stuck();
  }
}

void HookRunner::caught() {
  try {
    throw;
  } catch (const BadMessage& error) {
    if (answers_peer(running_)) return events_.on_bad_message("bad_message", error.what());
    events_.on_hook_failed(running_, error.what());
  } catch (const std::exception& error) {
    if (answers_peer(running_)) {
      if (const auto words = base::words_of_json_error(error))
        return events_.on_bad_message("bad_message", *words);
    }
    events_.on_hook_failed(running_, error.what());
  } catch (...) {
    events_.on_hook_failed(running_, "an exception that is no std::exception");
  }
}

}  // namespace microframe::ws
