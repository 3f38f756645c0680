// Connection: the course of one device on its loop: its stream, the turns of its hooks and, for a
// client of microframe.v1, its session, and what of the one must follow from the other. Life says
// what may follow when. A resume swaps the stream. Threading: its loop. Owned by its device.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "guard/admission.hpp"
#include "hub/member.hpp"
#include "ws/device_port.hpp"
#include "ws/hook_runner.hpp"
#include "ws/life.hpp"
#include "ws/loop_context.hpp"
#include "ws/mover.hpp"
#include "ws/opening.hpp"
#include "ws/resumer.hpp"
#include "ws/resumption.hpp"
#include "ws/session.hpp"
#include "ws/stream.hpp"

namespace microframe::ws {

// The device of a connection, which outlives it.
class ConnectionHost : public DevicePort {
 public:
  // The client has come back, as this one.
  virtual void identify(base::Ref<const Identity> identity) = 0;
  // As StreamOwner has them.
  virtual bool begin_turn() = 0;
  virtual void end_turn(bool out_of_memory) = 0;
  // Runs `task` in a turn: now, by a post, or after `delay`.
  virtual void in_turn(const std::function<void()>& task) = 0;
  virtual void post_turn(std::function<void()> task) = 0;
  virtual void queue_turn(std::function<void()> task) = 0;  // as TurnQueue has it
  virtual void post_turn_after(std::chrono::milliseconds delay, std::function<void()> task) = 0;
  // As SessionHost has it. Any thread.
  virtual void give_up_session() = 0;
  // As Resumable has it. Any thread.
  virtual void request_resume(std::shared_ptr<Resumption> resumption) = 0;
  virtual void request_watch(std::function<void(const Resumable::Watched&)> told) = 0;
  // As SessionHost::refresh_token. Any thread.
  virtual void renew_token(std::string_view token, std::function<void(bool)> told) = 0;
  // Begins another device on a stream that came for this one.
  virtual void begin_anew(Resumption resumption) = 0;
  // Memory ran out: Connection::drop() must follow soon, from the loop's own stack. Throws nothing.
  virtual void give_up() = 0;
  // Nothing is left but handles.
  virtual void on_gone() = 0;

 protected:
  ~ConnectionHost() = default;
};

class Connection final : private StreamOwner,
                         private HookEvents,
                         private SessionHost,
                         private ResumerHost,
                         private MoverHost {
 public:
  // opening: its ticket, its agreement and whether it has a session are taken.
  Connection(LoopContext& context, ConnectionHost& host, Opening& opening);
  ~Connection();

  // Begins on a socket over which the handshake's answer is on its way already, or on a stream that
  // has still to be answered. early: what came behind the request.
  void begin(std::unique_ptr<net::Socket> socket, base::MutableBytes early);
  void begin(Resumption resumption);
  // Begins to take over a session from another node. resumption: of the client, which waits.
  void land(Resumption resumption, const Arrival& arrival);

  LoopContext& context() const { return context_; }
  const Life& life() const { return life_; }
  // Whether the session has lost a stream before and goes on with another. Any thread.
  bool resumed() const { return resumed_.load(std::memory_order_relaxed); }
  // Any thread.
  const StreamGauges& gauges() const { return gauges_; }
  Endpoint& endpoint() const override { return endpoint_; }
  // nullptr for a plain client. Whether there is one never changes.
  Session* session() const { return lasting_ ? &lasting_->session : nullptr; }

  void deliver(const base::Frame& frame) {
    if (!lasting_) return stream_->send(frame.plain());
    if (!lasting_->mover || lasting_->mover->lets_through(frame, {}))
      lasting_->session.deliver(frame);
  }
  void deliver_marked(const base::Frame& frame, const hub::Mark& mark);
  void joined(const hub::Joined& joined);
  void left(std::string_view room);
  detail::DataSlot& data() { return hooks_.data(); }
  std::size_t buffered() const { return stream_->buffered(); }
  void when_drained(const DrainWaiters::Told& told) { stream_->when_drained(told); }
  // The token's expiry has changed.
  void rearm() { stream_->rearm(); }

  // Closes the stream, and ends the session unless its client may come back.
  void close(DisconnectCause cause, proto::CloseCode code, std::string_view reason);
  // The user's tokens are good no more.
  // Revoked, if the token is no longer good.
  void check_revocation();
  void revoke(std::string_view reason);
  // The client has come by another stream.
  void resume(Resumption resumption) { lasting_->resumer.resume(std::move(resumption)); }
  // Another node may take the session over: notes what it is sent.
  Resumable::Watched watch();
  // Whether its session is still on its way from another node: nothing can be sent to its client.
  bool is_landing() const { return lasting_ && lasting_->mover && lasting_->mover->is_landing(); }
  // Suspended sessions keep too much, and this one has waited longest: it waits no longer.
  void end_wait();
  // Ends at once: hooks that wait are abandoned. Called again where it ran out of memory, it goes
  // on.
  void drop();
  // Counts a refusal, and logs it.
  void on_rejected(guard::Rejection why, std::string_view detail) override;

 private:
  // StreamOwner
  bool begin_turn() override { return host_.begin_turn(); }
  void end_turn(bool out_of_memory) override { host_.end_turn(out_of_memory); }
  void on_message(bool binary, base::Bytes payload) override;
  void on_ending(const Ending& ending) override;
  void on_ended(const Ending& ending) override;
  void on_over() override;
  void on_overflow() override;
  void on_turn_over() override;
  WorkBudget& work_budget() override;
  std::uint64_t deadline_ms() const override;
  void on_deadline() override;
  // HookEvents
  void on_turn(std::uint64_t id, std::string_view of) override { session()->begin_turn(id, of); }
  void on_turn_done() override { session()->end_turn(); }
  detail::Turn turn() override { return session()->turn(); }
  void on_control(const v1::ClientFrame& frame, bool allowed) override {
    session()->control(frame, allowed);
  }
  void on_bad_message(std::string_view word, std::string_view detail) override;
  void on_hook_failed(std::string_view hook, std::string_view what) override;
  void on_hooks_idle() override;
  void on_last_hook() override;
  void on_hooks_ended() override;
  void on_hooks_stuck() override { host_.give_up(); }
  // SessionHost
  hub::Member& member() override { return host_.member(); }
  HookRunner& hooks() override { return hooks_; }
  bool within_rate() override { return stream_->within_rate(); }
  void transmit(const base::SharedBuffer& frame) override { stream_->send(frame); }
  void transmit_again(const std::vector<base::SharedBuffer>& frames) override {
    stream_->send_again(frames);
  }
  void charge(std::size_t bytes) override { stream_->charge(bytes); }
  void refresh_token(std::string_view token, std::function<void(bool)> told) override {
    host_.renew_token(token, std::move(told));
  }
  std::string remote_address() const override;
  void on_answers_left() override;
  void post(std::function<void()> task) override { host_.post_turn(std::move(task)); }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    host_.post_turn_after(delay, std::move(task));
  }
  void give_up_session() override { host_.give_up_session(); }
  void request_resume(std::shared_ptr<Resumption> resumption) override {
    host_.request_resume(std::move(resumption));
  }
  void request_watch(std::function<void(const Resumable::Watched&)> told) override {
    host_.request_watch(std::move(told));
  }
  // ResumerHost
  bool hooks_are_free() const override { return is_landing() || hooks_.is_free(); }
  bool is_latest(const Resumption& resumption) override;
  bool can_resume(const Resumption& resumption) const override;
  void release_stream() override;
  void go_on_with(Resumption resumption) override;
  void begin_anew(Resumption resumption) override { host_.begin_anew(std::move(resumption)); }
  void reserve_end() override { hooks_.reserve_end(); }
  void wind_up() override;
  void on_nobody_came() override;
  void later(std::function<void()> task) override { host_.post_turn(std::move(task)); }
  // MoverHost
  Session& moving() override { return lasting_->session; }
  std::uint64_t device_id() const override { return host_.id(); }
  void run_turn(const std::function<void()>& task) override { host_.in_turn(task); }
  void go_on_here(Resumption resumption, const std::function<void()>& rooms) override;
  void forget() override;

  void begin_stream(DeflateAgreement deflate);
  void begin_again(Resumption& resumption);
  void begin_hooks_again(Resumption& resumption);
  void begin_hooks(base::MutableBytes early);
  void note_begin() const;
  void note_end(const DisconnectReason& reason) const;
  // Whether what the peer has sent and we have not done with is too much to read on.
  bool has_too_much() const;
  bool heals(const Ending& ending) const;
  bool suspend(DisconnectReason& reason, bool drop_queue);
  void end(DisconnectReason reason, bool drop_queue);
  void feed(Life::Event event);
  void let_hooks_go();
  void note_room_change(const RoomHook& hook, std::string_view room);

  Mover& mover();
  void depart(Resumption resumption);
  bool keep();

  // What outlasts a stream.
  struct Lasting {
    Session session;
    Resumer resumer;
    std::unique_ptr<Mover> mover;  // nullptr until the session moves
  };

  // A delivery reads these: side by side.
  LoopContext& context_;
  std::unique_ptr<Lasting> lasting_;  // with microframe.v1
  std::optional<Stream> stream_;
  ConnectionHost& host_;
  StreamGauges gauges_;
  Endpoint& endpoint_;
  [[no_unique_address]] HookRunner hooks_;
  Life life_;            // in the padding of the former, as the next
  const bool inherits_;  // the session, at its begin
  std::atomic<bool> resumed_{false};
  guard::Admission::Ticket ticket_;
  std::shared_ptr<WorkBudget> work_budget_;  // nullptr until there was much work
};

}  // namespace microframe::ws
