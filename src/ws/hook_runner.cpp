#include "ws/hook_runner.hpp"

#include <boost/json/parse.hpp>
#include <boost/system/system_error.hpp>
#include <cassert>
#include <cstring>
#include <new>

#include "base/finite.hpp"

namespace microframe::ws {
namespace {

constexpr char kOnMessage[] = "on_message";
constexpr char kOnBinary[] = "on_binary";

bool is_message_hook(const char* name) {
  return name == kOnMessage || name == kOnBinary;
}

// A member that a hook reads from the message and that is not there, or is of another type, is the sender's
// fault.
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

void HookRunner::message(bool binary, base::Bytes payload) {
  assert(stage_ == Stage::connected);
  if (busy()) {
    waiting().queue.push_back({binary, std::string(base::as_text(payload))});
    waiting_->queued_bytes += payload.size() + sizeof(Queued);
    return;
  }
  run_message(binary, payload);
  go_on();
}

void HookRunner::disconnect(DisconnectReason reason, bool drop_queue) {
  if (stage_ != Stage::before && stage_ != Stage::connected) return;
  if (drop_queue && waiting_) {
    waiting_->queue.clear();
    waiting_->queued_bytes = 0;
  }
  if (waiting().reason) return;
  waiting_->reason = std::move(reason);
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
    if (hooks.message_waits) {
      waiting().payload = base::as_text(payload);
      payload = base::as_bytes(waiting_->payload);
      waiting_->message = binary ? Message::binary(payload) : Message::text(base::as_text(payload));
      run(kOnMessage,
          [&] { return hooks.on_raw(host_.handler(), host_.handle(), host_.user_id(), *waiting_->message); });
    } else {
      const Message message = binary ? Message::binary(payload) : Message::text(base::as_text(payload));
      run(kOnMessage,
          [&] { return hooks.on_raw(host_.handler(), host_.handle(), host_.user_id(), message); });
    }
  } else if (binary) {
    host_.on_bad_message("binary_not_supported", "this endpoint takes JSON text messages");
  } else {
    run_json(payload);
  }
}

void HookRunner::run_json(base::Bytes payload) {
  const detail::Hooks& hooks = host_.hooks();
  boost::json::error_code error;
  Json parsed = boost::json::parse(base::as_text(payload), error);
  if (error) return host_.on_bad_message("invalid_json", error.message());
  // What a hook passes on must not break those who receive it.
  if (!base::is_finite(parsed)) return host_.on_bad_message("invalid_json", "a number is out of range");
  if (hooks.message_waits) {
    waiting().json = std::move(parsed);
    run(kOnMessage,
        [&] { return hooks.on_json(host_.handler(), host_.handle(), host_.user_id(), *waiting_->json); });
  } else {
    run(kOnMessage, [&] { return hooks.on_json(host_.handler(), host_.handle(), host_.user_id(), parsed); });
  }
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
  } catch (...) {
    caught();
  }
  finish();
}

void HookRunner::finish() {
  running_ = nullptr;
  if (!waiting_) return;
  waiting_->task = {};
  waiting_->message.reset();
  waiting_->json.reset();
}

void HookRunner::go_on() {
  while (!busy() && waiting_) {
    if (!waiting_->queue.empty()) {
      const Queued next = std::move(waiting_->queue.front());
      waiting_->queue.pop_front();
      waiting_->queued_bytes -= next.payload.size() + sizeof(Queued);
      run_message(next.binary, base::as_bytes(next.payload));
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
    if (is_message_hook(running_)) return host_.on_bad_message("bad_message", error.what());
    host_.on_hook_failed(running_, error.what());
  } catch (const boost::system::system_error& error) {
    if (is_message_hook(running_) && is_json_access_error(error)) {
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
