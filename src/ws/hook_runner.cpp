#include "ws/hook_runner.hpp"

#include <boost/json/error.hpp>
#include <boost/system/system_error.hpp>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include "base/json_arena.hpp"
#include "base/parse_json.hpp"
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

// A member that a hook reads from the message and that is not there, or is of another type, is the
// sender's fault.
bool is_json_access_error(const boost::system::system_error& error) {
  static const boost::system::error_category& json =
      boost::system::error_code(boost::json::error::not_found).category();
  return error.code().category() == json;
}

}  // namespace

HookRunner::Waiting& HookRunner::waiting() {
  if (!waiting_) waiting_ = std::make_unique<Waiting>();
  return *waiting_;
}

void HookRunner::connect() {
  assert(stage_ == Stage::before);
  stage_ = Stage::connected;
  if (const auto hook = host_.hooks().on_connect) {
    run("on_connect", [&] { return hook(host_.handler(), host_.handle(), host_.user_id()); });
  }
  go_on();
}

void HookRunner::enqueue(Queued item) {
  Waiting& waits = waiting();
  const std::size_t size = item.size();
  waits.queue.push_back(std::move(item));
  waits.queued_bytes += size;
}

void HookRunner::message(bool binary, base::Bytes payload) {
  assert(stage_ == Stage::connected);
  if (busy())
    return enqueue(Queued(binary ? Queued::Kind::binary : Queued::Kind::text,
                          std::string(base::as_text(payload))));
  run_message(binary, payload);
  go_on();
}

void HookRunner::v1_message(v1::ClientFrame frame, std::size_t bytes) {
  assert(stage_ == Stage::connected);
  if (busy()) return enqueue({Queued::Kind::v1_message, std::move(frame), bytes});
  run_v1_message(std::move(frame));
  go_on();
}

void HookRunner::v1_binary(base::Bytes content, std::uint64_t id) {
  assert(stage_ == Stage::connected);
  if (busy()) {
    Queued item(Queued::Kind::v1_binary, std::string(base::as_text(content)));
    item.id = id;
    return enqueue(std::move(item));
  }
  run_v1_binary(content, id);
  go_on();
}

void HookRunner::v1_control(v1::ClientFrame frame, std::size_t bytes) {
  assert(stage_ == Stage::connected);
  if (busy()) return enqueue({Queued::Kind::v1_control, std::move(frame), bytes});
  run_control(std::move(frame));
  go_on();
}

void HookRunner::note_room_event(RoomEvent event, std::string room) {
  Queued item(Queued::Kind::room_event, std::move(room));
  item.event = event;
  enqueue(std::move(item));
}

void HookRunner::expire() {
  assert(is_free());
  waiting().expired = true;
  last();
}

void HookRunner::last() {
  waiting();
  stage_ = Stage::disconnecting;
  go_on();
}

void HookRunner::disconnect(DisconnectReason reason, bool drop_queue) {
  if (stage_ != Stage::before && stage_ != Stage::connected) return;
  if (drop_queue && waiting_) drop_messages();
  if (waiting().reason) return;
  waiting_->reason = std::move(reason);
  go_on();
}

void HookRunner::drop_messages() {
  std::size_t dropped = 0;
  std::erase_if(waiting_->queue, [&](const Queued& item) {
    if (item.is_message()) dropped += item.size();
    return item.is_message();
  });
  waiting_->queued_bytes -= dropped;
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

void HookRunner::run_item(Queued item) {
  switch (item.kind) {
    case Queued::Kind::text:
      return run_message(false, base::as_bytes(item.payload));
    case Queued::Kind::binary:
      return run_message(true, base::as_bytes(item.payload));
    case Queued::Kind::v1_message:
      return run_v1_message(std::move(*item.frame));
    case Queued::Kind::v1_binary:
      return run_v1_binary(base::as_bytes(item.payload), item.id);
    case Queued::Kind::v1_control:
      return run_control(std::move(*item.frame));
    case Queued::Kind::room_event:
      return run_room_event(item.event, std::move(item.payload));
  }
}

void HookRunner::run_message(bool binary, base::Bytes payload) {
  const detail::Hooks& hooks = host_.hooks();
  if (binary && hooks.on_binary) {
    if (hooks.binary_waits) {
      waiting().payload = base::as_text(payload);
      payload = base::as_bytes(waiting_->payload);
    }
    run(kOnBinary,
        [&] { return hooks.on_binary(host_.handler(), host_.handle(), host_.user_id(), payload); });
  } else if (hooks.on_raw) {
    run_raw(binary, payload);
  } else if (binary) {
    host_.on_bad_message("binary_not_supported", "this endpoint takes JSON text messages");
  } else {
    run_json(payload);
  }
}

void HookRunner::run_raw(bool binary, base::Bytes payload) {
  const detail::Hooks& hooks = host_.hooks();
  if (hooks.message_waits) {
    waiting().payload = base::as_text(payload);
    payload = base::as_bytes(waiting_->payload);
  }
  const Message message = binary ? Message::binary(payload) : Message::text(base::as_text(payload));
  if (hooks.message_waits) {
    waiting_->message = message;
    run(kOnMessage, [&] {
      return hooks.on_raw(host_.handler(), host_.handle(), host_.user_id(), *waiting_->message);
    });
  } else {
    run(kOnMessage,
        [&] { return hooks.on_raw(host_.handler(), host_.handle(), host_.user_id(), message); });
  }
}

void HookRunner::run_json(base::Bytes payload) {
  const detail::Hooks& hooks = host_.hooks();
  std::string why;
  if (hooks.message_waits) {
    auto parsed = base::parse_json(base::as_text(payload), why);
    if (!parsed) return host_.on_bad_message("invalid_json", why);
    return run_parsed(std::move(*parsed));
  }
  base::JsonArena arena;  // for a hook that has done with the message when it returns
  const auto parsed = arena.parse(base::as_text(payload), why);
  if (!parsed) return host_.on_bad_message("invalid_json", why);
  run(kOnMessage,
      [&] { return hooks.on_json(host_.handler(), host_.handle(), host_.user_id(), *parsed); });
}

void HookRunner::run_parsed(Json message) {
  const detail::Hooks& hooks = host_.hooks();
  if (hooks.message_waits) {
    waiting().json = std::move(message);
    run(kOnMessage, [&] {
      return hooks.on_json(host_.handler(), host_.handle(), host_.user_id(), *waiting_->json);
    });
  } else {
    run(kOnMessage,
        [&] { return hooks.on_json(host_.handler(), host_.handle(), host_.user_id(), message); });
  }
}

// --- microframe.v1 ---

void HookRunner::run_v1_message(v1::ClientFrame frame) {
  is_v1_ = true;
  host_.on_message_begun(frame.id);
  if (host_.hooks().on_raw) {
    const std::string content = v1::content_of(frame.data);
    run_raw(false, base::as_bytes(content));
  } else {
    run_parsed(std::move(frame.data));
  }
}

void HookRunner::run_v1_binary(base::Bytes content, std::uint64_t id) {
  is_v1_ = true;
  host_.on_message_begun(id);
  run_message(true, content);
}

void HookRunner::run_control(v1::ClientFrame frame) {
  host_.on_message_begun(frame.id);
  if (frame.type != v1::ClientFrame::Type::join) return host_.on_control(frame, true);
  const auto check = host_.hooks().can_join;
  if (!check) return host_.on_control(frame, false);
  Waiting& waits = waiting();
  waits.join = std::move(frame);
  waits.join_allowed = false;
  run(kCanJoin, [&] {
    return check(host_.handler(), host_.handle(), host_.user_id(), waits.join->name,
                 waits.join_allowed);
  });
}

void HookRunner::run_room_event(RoomEvent event, std::string room) {
  waiting().room = std::move(room);
  run(event.name,
      [&] { return event.hook(host_.handler(), host_.handle(), host_.user_id(), waiting_->room); });
}

void HookRunner::run_expired() {
  if (const auto hook = host_.hooks().on_session_expired)
    run("on_session_expired",
        [&] { return hook(host_.handler(), host_.handle(), host_.user_id()); });
}

void HookRunner::run_disconnect() {
  const bool connected = stage_ == Stage::connected;
  stage_ = Stage::disconnecting;
  const auto hook = host_.hooks().on_disconnect;
  if (connected && hook) {
    run("on_disconnect",
        [&] { return hook(host_.handler(), host_.handle(), host_.user_id(), *waiting_->reason); });
  }
}

template <class Hook>
void HookRunner::run(const char* name, Hook&& hook) {
  assert(!busy());
  running_ = name;
  try {
    const auto shown = host_.show(name);
    if (Task<> task = hook()) {
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
    host_.on_control(join, waiting_->join_allowed);
  } else if (is_v1_ && answers_peer(running_)) {
    host_.on_message_done();
  }
}

void HookRunner::finish() {
  running_ = nullptr;
  is_v1_ = false;
  if (!waiting_) return;
  waiting_->task = {};
  waiting_->message.reset();
  waiting_->json.reset();
  waiting_->join.reset();
}

void HookRunner::go_on() {
  while (!busy() && waiting_) {
    if (!waiting_->queue.empty()) {
      Queued next = std::move(waiting_->queue.front());
      waiting_->queue.pop_front();
      waiting_->queued_bytes -= next.size();
      run_item(std::move(next));
    } else if (stage_ == Stage::disconnecting && std::exchange(waiting_->expired, false)) {
      run_expired();
    } else if (stage_ == Stage::disconnecting) {
      stage_ = Stage::ended;
      waiting_.reset();
      host_.on_hooks_ended();
    } else if (waiting_->reason) {
      run_disconnect();
    } else {
      waiting_.reset();
      host_.on_hooks_idle();
    }
  }
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
    runner.host_.on_hooks_stuck();
  }
}

void HookRunner::caught() {
  try {
    throw;
  } catch (const BadMessage& error) {
    if (answers_peer(running_)) return host_.on_bad_message("bad_message", error.what());
    host_.on_hook_failed(running_, error.what());
  } catch (const boost::system::system_error& error) {
    if (answers_peer(running_) && is_json_access_error(error)) {
      return host_.on_bad_message("bad_message", error.code().message());
    }
    host_.on_hook_failed(running_, error.what());
  } catch (const std::exception& error) {
    host_.on_hook_failed(running_, error.what());
  } catch (...) {
    host_.on_hook_failed(running_, "an exception that is no std::exception");
  }
}

}  // namespace microframe::ws
