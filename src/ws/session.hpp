// Session: what microframe.v1 adds to a device (docs/protocol.md): drives a v1::ServerSession between
// the device's stream, its hooks and the hub. Threading: the device's loop, but for what says
// otherwise. Owned by its device.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_budget.hpp"
#include "base/bytes.hpp"
#include "base/frame.hpp"
#include "hub/member.hpp"
#include "v1/client_frame.hpp"
#include "v1/server_session.hpp"
#include "ws/asks.hpp"
#include "ws/ending.hpp"
#include "ws/handling.hpp"
#include "ws/loop_context.hpp"
#include "ws/session_export.hpp"
#include "ws/sessions.hpp"

namespace microframe::ws {

class HookRunner;

// The device of a session. It outlives the session.
class SessionHost {
 public:
  virtual hub::Member& member() = 0;
  virtual Endpoint& endpoint() const = 0;
  virtual HookRunner& hooks() = 0;
  // Whether the peer may send one more frame; past its rate the stream is closed.
  virtual bool within_rate() = 0;
  // Sends a frame, where there is an open stream; in any case, where it begins.
  virtual void transmit(const base::SharedBuffer& frame) = 0;
  virtual void transmit_again(const std::vector<base::SharedBuffer>& frames) = 0;
  // The client has asked for so many bytes, and gets them.
  virtual void charge(std::size_t bytes) = 0;
  // Checks a fresh token of the user, and has the AuthManager asked again. told(accepted) is called
  // once, possibly before this returns, unless the server stops first.
  virtual void refresh_token(std::string_view token, std::function<void(bool)> told) = 0;
  virtual std::string remote_address() const = 0;
  virtual void on_rejected(guard::Rejection why, std::string_view detail) = 0;
  // Answers that waited have left: the peer may send more.
  virtual void on_answers_left() = 0;
  // Runs `task` on the loop, soon; the device lives until then. Any thread.
  virtual void post(std::function<void()> task) = 0;
  // Runs `task` on the loop after `delay`; the device lives until then.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;
  // Has the session end soon, if it is still suspended then. Any thread.
  virtual void give_up_session() = 0;
  // Any thread, as Resumable::request_resume.
  virtual void request_resume(std::shared_ptr<Resumption> resumption) = 0;
  // As Resumable has it. Any thread.
  virtual void request_watch(std::function<void(const Resumable::Watched&)> told) = 0;

 protected:
  ~SessionHost() = default;
};

class Session final : private Resumable, private base::ByteHolder {
 public:
  // errors: std::runtime_error where the system has no random bytes for its key.
  // offer: of the session that it goes on with, which comes from another node; nullptr: none.
  Session(LoopContext& context, SessionHost& host, const v1::ResumeOffer* offer);

  // Never changes. Any thread.
  const std::string& name() const { return session_.name(); }
  const std::string& secret() const { return session_.secret(); }

  // --- streams
  // The session begins: it can be found, and its client is welcomed. held: the device. inherits:
  // what the client was not answered in the session that it wished to go on with.
  void begin(base::Ref<const base::RefCounted> held, bool inherits);
  // The session has come from another node, and can be found here from now on.
  void arrive(base::Ref<const base::RefCounted> held, const SessionExport& from);
  // All of it but its rooms, for another node.
  SessionExport leave_for_elsewhere() const;
  bool is_latest(std::uint64_t attempt) { return session_.is_latest(attempt); }
  bool can_resume(std::uint64_t received) const { return session_.can_resume(received); }
  void welcome_back(std::uint64_t received);
  // Its client is away: what it keeps counts among what all suspended sessions keep.
  void suspend();
  // What waits for a hook is dropped with its stream: it may come again.
  void rewind() { session_.rewind(); }
  // It can no longer be found; nobody is asked any more. Needs no memory.
  void end();

  // --- in
  void read(bool binary, base::Bytes payload);

  // --- out
  // Sends the frame in its form for sessions.
  void deliver(const base::Frame& frame);
  // Sends what the client must acknowledge. told: called once, on the loop, and throws nothing;
  // dropped without a call where there is no memory to ask.
  void ask(const Json& message, std::chrono::milliseconds timeout, Asks::Told told);
  // Advice before a Close.
  void bye(proto::CloseCode code, std::string_view reason);
  // Answers the message whose turn it is.
  // returns: false if none is being answered.
  bool reply(const Json& value);

  // --- turns of the hooks, as HookEvents has them
  void begin_turn(std::uint64_t id, std::string_view of) {
    session_.begin(id);
    if (handled_) handled_->handling.begin(id, of);
  }
  void end_turn();
  detail::Turn turn() { return handled_ ? handled_->handling.turn() : detail::Turn(); }
  void control(const v1::ClientFrame& frame, bool allowed);
  bool is_answering() const { return session_.is_answering(); }
  // Whether the message that is handled may have been handled before.
  bool may_repeat() const { return handled_ && handled_->handling.may_repeat(); }
  // Bytes of the answers that wait until what their messages have published is stored.
  std::size_t held_bytes() const { return handled_ ? handled_->handling.held_bytes() : 0; }
  void refuse(std::string_view code, std::string_view text);

  // --- the hub, as hub::Sink has them
  void joined(const hub::Joined& joined);
  // The same of a room that it was in on another node: its client has been told that it joined.
  void took_over(const hub::Joined& joined);
  void left(std::string_view room) { say(session_.left(room)); }

 private:
  // base::ByteHolder
  base::Ref<const base::RefCounted> hold() const override;
  void give_up_bytes() override;
  // Resumable
  bool belongs_to(const Endpoint& endpoint, std::string_view user) const override;
  void request_resume(std::shared_ptr<Resumption> resumption) override;
  void request_watch(std::function<void(const Watched&)> told) override;

  // The session as its Handling sees it. A session of a server that stands for no others has none,
  // and pays a pointer.
  struct Handled final : HandlingHost {
    explicit Handled(Session& its_session) : session(its_session) {}

    std::string_view user() const override { return session.host_.member().user(); }
    std::string_view session_name() const override { return session.name(); }
    const base::RefCounted& kept_by() const override { return session.host_.member(); }
    void say_answer(const v1::Reply& answer) override { session.say(answer); }
    void say_unavailable(std::uint64_t id) override;
    void on_answers_left() override { session.host_.on_answers_left(); }
    void post(std::function<void()> task) override { session.host_.post(std::move(task)); }

    Session& session;
    Handling handling{*this};
  };

  void list(base::Ref<const base::RefCounted> held);
  bool is_demanded(const v1::ServerSession::Parsed& frame);
  void note_kept();
  void stop_waiting();
  void read_text(base::Bytes payload);
  void perform(v1::Nothing, std::size_t) {}
  void perform(v1::Handle handle, std::size_t bytes);
  void perform(v1::HandleBinary handle, std::size_t bytes);
  void perform(v1::Control control, std::size_t bytes);
  void perform(v1::SettleAsk settle, std::size_t bytes);
  void perform(const v1::Reply& reply, std::size_t bytes);
  void perform(v1::ServerStep step, std::size_t bytes, std::string_view fault);
  void join(const v1::ClientFrame& frame);
  void leave(const v1::ClientFrame& frame);
  void refresh(const v1::ClientFrame& frame);
  void say(const v1::Reply& reply);
  void say(const std::optional<v1::Reply>& reply) {
    if (reply) say(*reply);
  }
  void send(const base::SharedBuffer& frame);
  const base::SharedBuffer& form_of(const base::Frame& frame, base::SharedBuffer& made);
  void replay(const std::vector<base::Frame>& frames);
  std::uint64_t retry_window_ms(proto::CloseCode code) const;

  LoopContext& context_;
  SessionHost& host_;
  v1::ServerSession session_;
  Asks asks_;
  const std::unique_ptr<Handled> handled_;
  std::size_t noted_bytes_ = 0;    // what it keeps, as the budget has heard last
  std::uint64_t ping_due_ms_ = 0;  // a ping before that counts as a message
  bool suspended_ = false;
  bool listed_ = false;  // it can be found, and its endpoint counts it
};

}  // namespace microframe::ws
