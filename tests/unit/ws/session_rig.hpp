// SessionRig: a Session between a real endpoint with its hub, and a stream that is a list. The loop
// of the hub is run by hand; the hooks' events do what a connection does with them.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microframe/ws/chat_base.hpp"
#include "microframe/ws/route.hpp"
#include "support/fake_loop.hpp"
#include "unit/ws/fake_device.hpp"
#include "unit/ws/fake_scheduler.hpp"
#include "v1/names.hpp"
#include "ws/endpoint.hpp"
#include "ws/hook_runner.hpp"
#include "ws/loop_context.hpp"
#include "ws/resumption.hpp"
#include "ws/session.hpp"

namespace microframe::ws {

// An endpoint whose messages say what the hook must do.
class RigChat : public ChatBase {
 public:
  void on_message(WebSocket& socket, const UserId&, const Json& message) {
    ++messages;
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    const std::string wish = text_or(message, "do", "");
    if (wish == "reply") socket.reply(message.at("with"));
    if (wish == "refuse") throw BadMessage("not this");
    if (wish == "refuse in bytes") throw BadMessage("\xFF\xFE");
    if (wish == "fail") throw std::runtime_error("no database");
  }
  bool can_join(WebSocket&, const UserId&, const std::string& room) { return room != "secret"; }

  int messages = 0;
  std::function<void()> meanwhile;  // what happens while the next message is with its hook
};

class SessionRig : public testing::Test, public SessionHost, public HookEvents {
 protected:
  using Lines = std::vector<std::string>;

  // The device as the hub knows it.
  class Device final : public hub::Member {
   public:
    explicit Device(SessionRig& rig) : Member("alice", 0), rig_(rig) {}
    std::string_view session() const override { return rig_.session->name(); }
    std::string device() const override { return "1"; }
    void deliver(const base::Frame& frame) override { rig_.session->deliver(frame); }
    void joined(const hub::Joined& joined) override { rig_.session->joined(joined); }
    void left(std::string_view room) override { rig_.session->left(room); }

   private:
    SessionRig& rig_;
  };
  // The device as the hooks know it.
  class Handle final : public FakeDevice {
   public:
    explicit Handle(SessionRig& rig) : rig_(rig) {}
    void reply(const Json& value) override { rig_.session->reply(value); }

   private:
    SessionRig& rig_;
  };

  // stands: whether the server stands for others (Settings::inherits).
  explicit SessionRig(const Limits& limits = Limits(), bool stands = false) : site(limits, {}, {}) {
    site.settings.inherits = stands;
    site.settings.rooms.add("kept:*", RoomOptions().history(10, std::chrono::minutes(1)));
    site.settings.rooms.add("seen:*", RoomOptions().presence());
    endpoint_.open({&loop}, site.settings.limits, site.settings.rooms, site.registries,
                   site.counts);
    session = std::make_unique<Session>(context, *this, nullptr);
    device = base::Ref<Device>(new Device(*this));
  }
  // Before the members of derived fixtures go: whoever has asked is told that nobody answers.
  void TearDown() override {
    on_loop([this] {
      session->end();
      if (begun_) endpoint_.hub().remove(*device);
    });
  }

  void on_loop(const std::function<void()>& action) { loop.on(action); }
  // returns: what was sent since the last call.
  Lines taken() { return std::exchange(sent, {}); }
  // Begins the session.
  // returns: its welcome.
  Json begin() {
    begun_ = true;
    on_loop([this] {
      endpoint_.hub().add(*device);
      session->begin(base::Ref<const base::RefCounted>(device.get()), inherits);
      runner.connect(WebSocket(handle));
    });
    return boost::json::parse(taken().at(0));
  }
  // A text frame comes from the client.
  // returns: what is sent at once.
  Lines text(std::string_view frame) {
    on_loop([&] { session->read(false, base::as_bytes(frame)); });
    return taken();
  }
  Lines binary(std::string_view frame) {
    on_loop([&] { session->read(true, base::as_bytes(frame)); });
    return taken();
  }
  Lines message(std::uint64_t id, std::string_view data) {
    return text(R"({"t":"message","id":)" + std::to_string(id) + R"(,"data":)" + std::string(data) +
                "}");
  }
  Sessions::Found find() const {
    v1::ResumeOffer offer;
    offer.session = session->name();
    offer.secret = secret;
    return site.registries.sessions.find(offer);
  }

  // SessionHost
  hub::Member& member() override { return *device; }
  Endpoint& endpoint() const override { return endpoint_; }
  HookRunner& hooks() override { return runner; }
  bool within_rate() override {
    ++rated;
    return is_within_rate;
  }
  void transmit(const base::SharedBuffer& frame) override {
    sent.emplace_back(base::as_text(frame.content()));
  }
  void transmit_again(const std::vector<base::SharedBuffer>& frames) override {
    for (const auto& frame : frames)
      sent.push_back("again " + std::string(base::as_text(frame.content())));
  }
  void charge(std::size_t bytes) override { charged += bytes; }
  void refresh_token(std::string_view token, std::function<void(bool)> told) override {
    told(token == "fresh");
  }
  std::string remote_address() const override { return "192.0.2.7:5000"; }
  void on_rejected(guard::Rejection why, std::string_view detail) override {
    rejected.push_back(std::string(guard::to_string(why)) + " " + std::string(detail));
  }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    loop.after(delay, std::move(task));
  }
  void on_answers_left() override { ++answers_left; }
  void post(std::function<void()> task) override { loop.post(std::move(task)); }
  void give_up_session() override { ++given_up; }
  void request_resume(std::shared_ptr<Resumption> resumption) override {
    requested = std::move(resumption);
  }
  void request_watch(std::function<void(const Resumable::Watched&)> told) override { told({}); }

  // HookEvents
  void on_turn(std::uint64_t id, std::string_view of) override { session->begin_turn(id, of); }
  detail::Turn turn() override { return session->turn(); }
  void on_turn_done() override { session->end_turn(); }
  void on_control(const v1::ClientFrame& frame, bool allowed) override {
    session->control(frame, allowed);
  }
  void on_bad_message(std::string_view word, std::string_view detail) override {
    session->refuse(word, detail);
  }
  void on_hook_failed(std::string_view, std::string_view) override {
    if (session->is_answering()) session->refuse(v1::kFailed, "the hook failed");
  }
  void on_hooks_idle() override {}
  void on_last_hook() override {}
  void on_hooks_ended() override {}
  void on_hooks_stuck() override {}

  FakeScheduler scheduler;  // of the hooks
  net::Loop unused;         // never run
  test::FakeLoop loop;
  Site site;
  LoopContext context{unused, 0, site};
  RigChat& chat = *new RigChat;  // the endpoint's
  mutable Endpoint endpoint_{WebSocketRoute("/ws", std::unique_ptr<RigChat>(&chat),
                                            authx::AuthConfig(std::string(32, 's')))
                                 .take()};
  Handle handle{*this};
  HookRunner runner{endpoint_.hook_target(), *this};
  std::unique_ptr<Session> session;
  base::Ref<Device> device;

  Lines sent;
  Lines rejected;
  std::string secret;
  std::shared_ptr<Resumption> requested;
  int rated = 0;            // frames that were counted against the peer's rate
  std::size_t charged = 0;  // bytes that the peer has asked for
  bool inherits = false;    // at its begin
  int answers_left = 0;     // times that the peer may send more
  int given_up = 0;         // times that it was to end, because all together keep too much
  bool is_within_rate = true;

 private:
  bool begun_ = false;
};

}  // namespace microframe::ws
