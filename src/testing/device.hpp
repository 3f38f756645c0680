// Device: the server's end of a TestClient: a member of the hub whose hooks run, and which keeps what it
// is sent.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/member.hpp"
#include "microframe/ws/disconnect.hpp"
#include "testing/manual_loop.hpp"
#include "ws/device_port.hpp"
#include "ws/endpoint.hpp"
#include "ws/hook_runner.hpp"

namespace microframe::testing_detail {

class Device final : public hub::Member, public ws::DevicePort, private ws::HookEvents {
 public:
  // What all devices of an endpoint share; it outlives them.
  struct Site {
    ManualLoop& loop;
    ws::Endpoint& endpoint;
    std::string& hook_failure;
  };

  Device(const Site& site, std::uint64_t number, std::string user,
         base::Ref<const ws::Identity> identity);

  // --- what its client does, on the loop
  void begin();
  void receive(bool binary, std::string_view bytes);
  bool ask_for_room(std::string_view room);
  void end(ws::DisconnectReason reason);
  // What its hooks still wait for will not come.
  void abandon() { hooks_.abandon(); }

  // --- what its client has
  std::deque<std::string> inbox;
  std::optional<ws::DisconnectReason> closed;

  ManualLoop& loop() const { return site_.loop; }

  // ws::DevicePort and hub::Member
  void retain() const override { Member::retain(); }
  void release() const override { Member::release(); }
  ws::Endpoint& endpoint() const override { return site_.endpoint; }
  hub::Member& member() override { return *this; }
  std::uint64_t id() const override { return number_; }
  const std::string& user() const override { return Member::user(); }
  std::string subprotocol() const override { return {}; }
  bool has_session() const override { return false; }
  std::vector<std::string> rooms() const override;
  base::Ref<const ws::Identity> identity() const override { return identity_; }
  bool is_open() const override { return !closed; }
  bool resumed() const override { return false; }
  bool may_repeat() const override { return false; }
  std::chrono::microseconds rtt() const override { return {}; }
  std::size_t buffered() const override { return 0; }
  detail::DataSlot& data() override { return hooks_.data(); }
  bool send(const base::Frame& frame) override;
  void reply(const Json& value) override;
  void request_close(proto::CloseCode code, std::string_view reason) override;
  bool refresh_token(std::string_view token) override;
  void when_drained(std::function<void(bool)> told) override { told(!closed); }
  std::string device() const override { return std::to_string(number_); }
  void evict() override;
  void revoke(std::string_view reason) override;
  void ask(const Json& message, std::chrono::milliseconds timeout, const Answered& told) override;

 private:
  // hub::Sink
  void deliver(const base::Frame& frame) override;
  void joined(const hub::Joined& joined) override;
  void left(std::string_view room) override;
  void give_up() override {}
  // ws::HookEvents
  void on_turn(std::uint64_t, std::string_view) override {}
  void on_turn_done() override {}
  detail::Turn turn() override { return {}; }
  void on_control(const v1::ClientFrame& frame, bool allowed) override;
  void on_bad_message(std::string_view word, std::string_view detail) override;
  void on_hook_failed(std::string_view hook, std::string_view what) override;
  void on_hooks_idle() override {}
  void on_last_hook() override;
  void on_hooks_ended() override;
  void on_hooks_stuck() override {}

  void note_room_change(const ws::RoomHook& hook, std::string_view room);
  // Closes from the server's side, once nothing else is at work.
  void close_soon(ws::DisconnectCause cause, proto::CloseCode code, std::string_view reason);

  const Site site_;
  const std::uint64_t number_;
  const base::Ref<const ws::Identity> identity_;
  ws::HookRunner hooks_;
};

}  // namespace microframe::testing_detail
