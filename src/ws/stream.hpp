// Stream: one open WebSocket on one socket: frames in and out, message rate, pongs, heartbeat,
// permessage-deflate, what happens when the outbox is full, the closing handshake and the deadlines
// of all that. It knows no user, room or hook. Threading: its loop. Owned by a StreamOwner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/timer_wheel.hpp"
#include "net/socket.hpp"
#include "proto/connection.hpp"
#include "ws/ending.hpp"
#include "ws/intake.hpp"
#include "ws/message_rate.hpp"
#include "ws/outflow.hpp"
#include "ws/pulse.hpp"
#include "ws/stream_owner.hpp"

namespace microframe::ws {

class Stream final : private net::SocketEvents, private base::TimerNode {
 public:
  // number: of the connection; spreads the first pings. All that is referred to outlives it.
  Stream(const StreamContext& context, StreamOwner& owner, StreamGauges& gauges,
         StreamDeflate deflate, std::uint64_t number) noexcept;

  // Begins on a socket over which the handshake's answer is on its way already, or on one that came
  // from another loop and has still to be answered. Once.
  void open(std::unique_ptr<net::Socket> socket);
  void open(net::Socket::Stream stream, std::string_view answer);
  // Reads bytes that came behind the handshake's request.
  void read(base::MutableBytes bytes);

  bool is_open() const { return state_ < State::closing; }
  bool is_over() const { return state_ == State::over; }

  // Counts a message of the peer's. Past the rate nothing more is read for a while; a flood closes
  // the stream with 4429.
  // returns: false where the message must not be handled.
  bool within_rate();
  // Reads no more until resume_reading(): too much waits for a hook.
  void pause_reading() { hold(Intake::Hold::hooks); }
  void resume_reading();
  // The others on the loop have had their turn (StreamOwner::on_turn_over): more is read, and more
  // is sent again.
  void next_turn();
  // The peer has asked for bytes, and gets so many: they count as its work.
  void charge(std::size_t bytes);

  // Queues a message, compressed if that was agreed on. If the outbox has no room, its room's rules
  // decide (base::Shedding), or the stream is closed with 4408.
  void send(const base::SharedBuffer& frame) {
    if (state_ == State::open && !outflow_.send(*socket_, frame)) overflow();
  }
  // Queues what is sent again, on this stream or the one before: all of it, because all of it is
  // bounded. It leaves as fast as the peer takes it, and the others on the loop have their turns.
  void send_again(const std::vector<base::SharedBuffer>& frames);
  // Bytes that wait.
  std::size_t buffered() const { return socket_ ? outflow_.buffered(*socket_) : 0; }
  // Calls told(true) once nothing waits; told(false) when the stream ends before.
  void when_drained(const DrainWaiters::Told& told);

  // Begins to end it. Does nothing unless it is open.
  void end(const Ending& ending);
  // Ends a stream whose outbox was full (StreamOwner::on_overflow), with 4408.
  void end_overflowed() {
    if (state_ == State::doomed) end(endings::kOutboxFull);
  }
  // Closes the socket at once. The owner is not told.
  void drop();
  // Gives back what compression holds. No message may be under way.
  void give_back() { outflow_.give_back(); }
  // The owner's deadline has changed.
  void rearm();

 private:
  enum class State : std::uint8_t {
    open,
    doomed,   // its outbox is full: nothing more is queued, and it is closed soon
    cut,      // the socket has ended: what was read of it is still handled
    closing,  // our Close is out; the socket is closed when the peer's comes, or at a deadline
    over,     // the socket is closed
  };

  void on_receive(base::MutableBytes bytes) override;
  void on_end(net::EndReason reason) override;
  void on_drained() override;
  void on_blocked() override;
  void on_deadline(std::uint64_t now_ms) override;

  template <class Action>
  void take_turn(Action&& action);
  void hold(Intake::Hold why);
  void go_on();
  void account(std::size_t bytes);
  void settle();
  WorkBudget::Rule work_rule() const;
  MessageRate::Rule message_rule() const;
  void watch_message();
  void count_what_follows_our_close(std::size_t bytes);
  void handle(const proto::Event& event);
  bool take_pong(base::Bytes payload);
  void send_close(const Ending& ending);
  const StreamContext& context() const { return outflow_.context(); }
  void overflow();
  void send_backlog();
  void lose();
  void pass_deadline(std::uint64_t now_ms);
  void check_progress(std::uint64_t now_ms);
  void check_pulse(std::uint64_t now_ms);
  void check_message(std::uint64_t now_ms);
  void check_holds(std::uint64_t now_ms);

  std::unique_ptr<net::Socket> socket_;  // nullptr once it is over
  StreamOwner& owner_;
  [[no_unique_address]] Outflow outflow_;
  State state_ = State::open;  // in the padding of the former
  proto::Connection protocol_;
  MessageRate rate_;
  Pulse pulse_;
  Intake intake_;
  std::uint64_t message_by_ms_ = 0;  // when the message that has begun must be whole; 0: none has
};

}  // namespace microframe::ws
