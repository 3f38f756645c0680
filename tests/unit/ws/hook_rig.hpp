// HookRig: a HookRunner over hooks that note what they are given, and over events that are noted in
// the same list, so that a test reads as the order in which everything happened.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "unit/ws/fake_device.hpp"
#include "unit/ws/fake_scheduler.hpp"
#include "ws/hook_runner.hpp"

namespace microframe::ws {

class HookRig : public testing::Test, public HookEvents {
 public:
  using Log = std::vector<std::string>;

  void note(std::string line) { log.push_back(std::move(line)); }
  // Each hook calls it at its end.
  void act() {
    if (hook_does) hook_does();
  }

  // HookEvents
  void on_turn(std::uint64_t id, std::string_view of) override {
    note("turn " + std::to_string(id) + (of.empty() ? "" : " of ") + std::string(of));
  }
  detail::Turn turn() override { return {}; }
  void on_turn_done() override { note("turn done"); }
  void on_control(const v1::ClientFrame& frame, bool allowed) override {
    note("control " + frame.name + (allowed ? " allowed" : " refused"));
  }
  void on_bad_message(std::string_view word, std::string_view detail) override {
    note("bad message " + std::string(word) + ": " + std::string(detail));
  }
  void on_hook_failed(std::string_view hook, std::string_view what) override {
    note("failed " + std::string(hook) + ": " + std::string(what));
  }
  void on_hooks_idle() override {
    note("idle");
    if (memory_is_out) throw std::bad_alloc();
  }
  void on_last_hook() override {
    note("last hook");
    if (at_last_hook) at_last_hook();
  }
  void on_hooks_ended() override { note("hooks ended"); }
  void on_hooks_stuck() override { note("stuck"); }

  Log log;
  Gate gate;
  std::function<void()> hook_does;
  std::function<void()> at_last_hook;
  bool memory_is_out = false;

 protected:
  // returns: what was noted since the last call.
  Log taken() { return std::exchange(log, {}); }
  // Once, and again for each further life.
  void connect() {
    if (runner.is_free()) runner.begin_anew();
    runner.connect(WebSocket(device));
  }
  void text(std::string_view payload) { runner.message(false, base::as_bytes(payload)); }
  void binary(std::string_view payload) { runner.message(true, base::as_bytes(payload)); }
  void session_message(std::uint64_t id, Json data) {
    v1::ClientFrame frame;
    frame.id = id;
    frame.data = std::move(data);
    runner.session_message(std::move(frame), 10);
  }
  void session_control(v1::ClientFrame::Type type, std::uint64_t id, std::string_view room) {
    v1::ClientFrame frame;
    frame.type = type;
    frame.id = id;
    frame.name = room;
    runner.session_control(std::move(frame), 20);
  }
  void join(std::uint64_t id, std::string_view room) {
    session_control(v1::ClientFrame::Type::join, id, room);
  }
  // The socket of the client is lost: what is queued is dropped.
  void lose() { runner.disconnect(DisconnectReason(DisconnectCause::connection_lost, 1006), true); }
  // The client has closed: what is queued still has its turn.
  void close() { runner.disconnect(DisconnectReason(DisconnectCause::peer_closed, 1000), false); }

  FakeScheduler scheduler;
  FakeDevice device;
  detail::Hooks hooks;  // none; a test sets those that it needs, before connect()
  HookTarget target{hooks, static_cast<HookRig*>(this), "/ws"};
  HookRunner runner{target, *this};
};

// --- the hooks: *_now is over when it returns, *_waits is a coroutine that waits at the gate

inline HookRig& rig_of(void* self) {
  return *static_cast<HookRig*>(self);
}

inline Task<> connect_now(void* self, WebSocket&, const UserId& user) {
  rig_of(self).note("connect " + user);
  rig_of(self).act();
  return {};
}
inline Task<> connect_waits(void* self, WebSocket&, const UserId&) {
  HookRig& rig = rig_of(self);
  rig.note("connect begins");
  co_await rig.gate;
  rig.note("connect ends");
  rig.act();
}

inline Task<> json_now(void* self, WebSocket&, const UserId&, const Json& message) {
  rig_of(self).note("json " + to_text(message));
  rig_of(self).act();
  return {};
}
inline Task<> json_waits(void* self, WebSocket&, const UserId&, const Json& message) {
  HookRig& rig = rig_of(self);
  rig.note("json begins");
  co_await rig.gate;
  rig.note("json ends " + to_text(message));
  rig.act();
}

inline std::string kind_of(const Message& message) {
  return message.is_binary() ? "binary " : "text ";
}
inline Task<> raw_now(void* self, WebSocket&, const UserId&, const Message& message) {
  rig_of(self).note("raw " + kind_of(message) + std::string(message.content()));
  rig_of(self).act();
  return {};
}
inline Task<> raw_waits(void* self, WebSocket&, const UserId&, const Message& message) {
  HookRig& rig = rig_of(self);
  rig.note("raw begins");
  co_await rig.gate;
  rig.note("raw ends " + kind_of(message) + std::string(message.content()));
  rig.act();
}

inline Task<> binary_now(void* self, WebSocket&, const UserId&, detail::Binary bytes) {
  rig_of(self).note("bytes " + std::string(base::as_text(bytes)));
  rig_of(self).act();
  return {};
}
inline Task<> binary_waits(void* self, WebSocket&, const UserId&, detail::Binary bytes) {
  HookRig& rig = rig_of(self);
  rig.note("bytes begin");
  co_await rig.gate;
  rig.note("bytes end " + std::string(base::as_text(bytes)));
  rig.act();
}

inline Task<> disconnect_now(void* self, WebSocket&, const UserId&,
                             const DisconnectReason& reason) {
  rig_of(self).note("disconnect " + std::string(to_string(reason.cause)));
  rig_of(self).act();
  return {};
}
inline Task<> disconnect_waits(void* self, WebSocket&, const UserId&,
                               const DisconnectReason& reason) {
  HookRig& rig = rig_of(self);
  rig.note("disconnect begins");
  co_await rig.gate;
  rig.note("disconnect ends " + std::string(to_string(reason.cause)));
  rig.act();
}

// The rooms whose names begin with "open" are for everybody.
inline Task<> can_join_now(void* self, WebSocket&, const UserId&, const std::string& room,
                           bool& allowed) {
  rig_of(self).note("can join " + room);
  rig_of(self).act();
  allowed = room.starts_with("open");
  return {};
}
inline Task<> can_join_waits(void* self, WebSocket&, const UserId&, const std::string& room,
                             bool& allowed) {
  HookRig& rig = rig_of(self);
  rig.note("can join begins");
  co_await rig.gate;
  rig.note("can join ends " + room);
  rig.act();
  allowed = room.starts_with("open");
}

inline Task<> room_now(void* self, WebSocket&, const UserId&, const std::string& room) {
  rig_of(self).note("room " + room);
  rig_of(self).act();
  return {};
}
inline Task<> room_waits(void* self, WebSocket&, const UserId&, const std::string& room) {
  HookRig& rig = rig_of(self);
  rig.note("room begins");
  co_await rig.gate;
  rig.note("room ends " + room);
  rig.act();
}

inline Task<> expired_now(void* self, WebSocket&, const UserId&) {
  rig_of(self).note("expired");
  rig_of(self).act();
  return {};
}

}  // namespace microframe::ws
