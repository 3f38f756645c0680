// Device: one user's connection as the hub, the application's handles and the roster of its loop see
// it. It owns the connection, and knows who the user is. Threading: its loop, but for DevicePort and
// what the hub may call from any thread; counted, held by its loop's roster and by every handle.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hub/member.hpp"
#include "microframe/ws/websocket.hpp"
#include "ws/connection.hpp"
#include "ws/identity_slot.hpp"
#include "ws/loop_context.hpp"
#include "ws/opening.hpp"
#include "ws/resumption.hpp"
#include "ws/roster.hpp"

namespace microframe::ws {

class Device final : public hub::Member, public ConnectionHost, public Resident {
 public:
  // Makes a device and enters it on the roster of its loop, which holds it to its end.
  static base::Ref<Device> make(LoopContext& context, Opening opening);
  // Makes one, and begins it on a stream that has still to be answered and asked for a session that
  // has ended. A server that stops drops the stream.
  static void open(LoopContext& context, Resumption resumption);
  // Makes one whose session comes from another node. resumption: of its client. A server that stops
  // drops the stream.
  static void land(LoopContext& context, Resumption resumption, Arrival arrival);
  ~Device() override;

  // Begins on a socket over which the handshake's answer is on its way already. early: what came
  // behind the request. Once.
  void begin(std::unique_ptr<net::Socket> socket, base::MutableBytes early);

  // hub::Member
  std::string_view session() const override;
  std::string device() const override { return std::to_string(id_); }
  void evict() override;
  void revoke(std::string_view reason) override;
  void recheck_token() override;
  void ask(const Json& message, std::chrono::milliseconds timeout, const Answered& told) override;
  // Resident
  bool shut_down() override;
  void drop() override;
  // DevicePort
  void retain() const override { Member::retain(); }
  void release() const override { Member::release(); }
  Endpoint& endpoint() const override { return connection_.endpoint(); }
  hub::Member& member() override { return *this; }
  std::uint64_t id() const override { return id_; }
  const std::string& user() const override { return Member::user(); }
  std::string subprotocol() const override;
  bool has_session() const override { return connection_.session() != nullptr; }
  std::vector<std::string> rooms() const override;
  base::Ref<const Identity> identity() const override {
    return identity_.get(connection_.context().identities);
  }
  detail::DataSlot& data() override;
  bool is_open() const override { return connection_.life().is_open(); }
  bool resumed() const override { return connection_.resumed(); }
  bool may_repeat() const override;
  std::chrono::microseconds rtt() const override;
  std::size_t buffered() const override;
  bool send(const base::Frame& frame) override;
  void reply(const Json& value) override;
  void request_close(proto::CloseCode code, std::string_view reason) override;
  bool refresh_token(std::string_view token) override;
  void when_drained(std::function<void(bool)> told) override;

 private:
  Device(LoopContext& context, Opening opening);

  // hub::Sink
  void deliver(const base::Frame& frame) override;
  void deliver_marked(const base::Frame& frame, const hub::Mark& mark) override;
  void joined(const hub::Joined& joined) override;
  void left(std::string_view room) override;
  void give_up() override { roster().condemn(*this); }
  // Resident
  void let_go() override { release(); }
  // ConnectionHost
  void identify(base::Ref<const Identity> identity) override;
  bool begin_turn() override;
  void end_turn(bool out_of_memory) override;
  void in_turn(const std::function<void()>& task) override;
  void post_turn(std::function<void()> task) override;
  void queue_turn(std::function<void()> task) override;
  void post_turn_after(std::chrono::milliseconds delay, std::function<void()> task) override;
  void give_up_session() override;
  void request_resume(std::shared_ptr<Resumption> resumption) override;
  void request_watch(std::function<void(const Resumable::Watched&)> told) override;
  void renew_token(std::string_view token, std::function<void(bool)> told) override;
  void begin_anew(Resumption resumption) override {
    open(connection_.context(), std::move(resumption));
  }
  void on_gone() override { roster().leave(*this); }

  // Every way in from the loop: the device lives meanwhile, and running out of memory is its own.
  template <class Action>
  void enter(Action&& action);
  // The same on its loop, now or by a post: action(Connection&). Any thread.
  template <class Action>
  void enter_on_loop(Action action);
  // Takes the claims of a fresh token, and whom it has authorized.
  void renew(const authx::Claims& claims, const AuthorizedUser& authorized);
  Roster& roster() const { return connection_.context().roster; }

  const std::uint64_t id_;
  Connection connection_;
  IdentitySlot identity_;
};

}  // namespace microframe::ws
