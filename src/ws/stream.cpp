#include "ws/stream.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "base/to_ms.hpp"
#include "net/tls_session.hpp"
#include "proto/control_frame.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;
using Hold = Intake::Hold;

// Work after which the others on the loop have their turn, as Intake counts it.
constexpr std::size_t kTurnBytes = 64 * 1024;
// What a frame costs whatever it holds.
constexpr std::size_t kFrameBytes = 64;
// Read of a peer that has been sent our Close, to find its own.
constexpr std::uint32_t kReadAfterCloseMax = 64 * 1024;

proto::ConnectionLimits protocol_limits(const Limits& limits) {
  proto::ConnectionLimits result;
  result.message_bytes_max = limits.message_bytes_max;
  result.fragments_max = limits.fragments_max;
  return result;
}

}  // namespace

Stream::Stream(const StreamContext& context, StreamOwner& owner, StreamGauges& gauges,
               StreamDeflate deflate, std::uint64_t number) noexcept
    : owner_(owner),
      outflow_(context, gauges, std::move(deflate)),
      protocol_(proto::Role::server, protocol_limits(context.limits), outflow_.inflaters()),
      rate_(context.loop.now_ms()),
      pulse_(context.limits, number, context.loop.now_ms()) {}

void Stream::open(std::unique_ptr<net::Socket> socket) {
  socket_ = std::move(socket);
  socket_->set_events(*this);
  rearm();
}

void Stream::open(net::Socket::Stream stream, std::string_view answer) {
  socket_.reset(new net::Socket(context().loop, std::move(stream), *this));
  socket_->send(SharedBuffer::copy(base::as_bytes(answer)));
  rearm();
}

template <class Action>
void Stream::take_turn(Action&& action) {
  if (!owner_.begin_turn()) return;
  bool out_of_memory = false;
  try {
    action();
  } catch (const std::bad_alloc&) {
    out_of_memory = true;
  }
  owner_.end_turn(out_of_memory);  // `this` may be gone
}

// --- bytes in ---

void Stream::on_receive(base::MutableBytes bytes) {
  take_turn([&] {
    pulse_.heard(context().loop.now_ms());
    if (state_ == State::closing) {
      count_what_follows_our_close(bytes.size());
    } else {
      intake_.begin_turn();
      if (intake_.has_long_turns() && context().long_turns.had_one(context().loop.iteration())) {
        hold(Hold::turn);
        owner_.on_turn_over();
      }
    }
    read(bytes);
  });
}

void Stream::read(base::MutableBytes bytes) {
  if (intake_.keeps_any()) return intake_.keep(bytes);
  while (socket_) {
    if (intake_.is_held()) {
      if (!bytes.empty()) intake_.keep(bytes);
      return;
    }
    const proto::Event event = protocol_.next(bytes);
    if (event.kind == proto::Event::Kind::need_more) return watch_message();
    const std::size_t size = event.payload.size();
    handle(event);
    account(size);
  }
}

// A message that has begun must end.
void Stream::watch_message() {
  if (protocol_.is_between_messages()) {
    message_by_ms_ = 0;
    return;
  }
  const std::uint64_t limit_ms = base::to_ms(context().limits.message_time);
  if (message_by_ms_ != 0 || limit_ms == 0) return;
  message_by_ms_ = context().loop.now_ms() + limit_ms;
  rearm();
}

// Behind so much the peer's Close is not looked for: the closing handshake ends at its deadline.
void Stream::count_what_follows_our_close(std::size_t bytes) {
  intake_.spend(bytes);
  if (intake_.turn_is_over(kReadAfterCloseMax)) hold(Hold::closed);
}

WorkBudget::Rule Stream::work_rule() const {
  return {context().limits.bytes_per_second, context().limits.bytes_burst};
}

MessageRate::Rule Stream::message_rule() const {
  const Limits& limits = context().limits;
  return {limits.messages_per_second, limits.messages_burst, base::to_ms(limits.overrun_time)};
}

// The peer has made so much work: it waits, or others have their turn.
void Stream::account(std::size_t bytes) {
  intake_.spend(bytes + kFrameBytes);
  const bool turn_is_over = intake_.turn_is_over(kTurnBytes);
  if (intake_.unsettled() >= kTurnBytes) {
    settle();
  } else if (!turn_is_over) {
    return;
  }
  if (!turn_is_over || !is_open()) return;
  intake_.note_long_turn();
  context().long_turns.note(context().loop.iteration());
  if (intake_.is_held()) return;
  hold(Hold::turn);
  owner_.on_turn_over();
}

void Stream::charge(std::size_t bytes) {
  intake_.spend(bytes);
  settle();
}

void Stream::settle() {
  if (!is_open()) return;
  const std::uint64_t now_ms = context().loop.now_ms();
  WorkBudget& budget = owner_.work_budget();
  budget.spend(intake_.take_unsettled(), work_rule(), now_ms);
  if (budget.wait_ms(work_rule(), now_ms) == 0) return;
  hold(Hold::budget);
  rearm();
}

void Stream::hold(Hold why) {
  intake_.hold(why);
  if (socket_) socket_->pause_reading();
}

void Stream::resume_reading() {
  intake_.release(Hold::hooks);
  if (intake_.is_held()) return;
  // Whoever calls may be a hook that has just ended.
  if (intake_.keeps_any()) return owner_.on_turn_over();
  if (socket_) socket_->resume_reading();
}

void Stream::next_turn() {
  send_backlog();
  if (state_ == State::open) outflow_.tell_drained(*socket_);
  intake_.release(Hold::turn);
  go_on();
}

void Stream::go_on() {
  if (!socket_ || intake_.is_held()) return;
  if (is_open()) intake_.begin_turn();
  if (const auto kept = intake_.take()) read(*kept);
  if (!socket_ || intake_.is_held()) return;
  if (state_ == State::cut) return lose();
  socket_->resume_reading();
}

void Stream::handle(const proto::Event& event) {
  switch (event.kind) {
    case proto::Event::Kind::message:
      message_by_ms_ = 0;
      context().traffic.messages_in.add(1);
      context().traffic.bytes_in.add(event.payload.size());
      if (is_open()) owner_.on_message(event.binary, event.payload);
      return;
    case proto::Event::Kind::ping:
      if (within_rate()) outflow_.send_pong(*socket_, event.payload);
      return;
    case proto::Event::Kind::pong:
      if (!take_pong(event.payload)) within_rate();
      return;
    case proto::Event::Kind::close:
      // §5.5.1: answer with the code that came. §7.1.1: the server then closes the TCP connection,
      // and need not wait for the peer, which must not send after its Close.
      if (!is_open()) return socket_->finish_and_close();
      return end(endings::by_peer(event.code, event.reason));
    case proto::Event::Kind::failed:
      // §7.1.7: nothing more is expected of this peer.
      if (!is_open()) return socket_->finish();
      return end(endings::broken(event.code, event.reason));
    case proto::Event::Kind::need_more:
      return;
  }
}

bool Stream::within_rate() {
  if (!is_open()) return false;
  if (context().limits.messages_per_second <= 0) return true;
  switch (rate_.count(message_rule(), context().loop.now_ms())) {
    case MessageRate::Verdict::within:
      return true;
    case MessageRate::Verdict::over:
      hold(Hold::rate);
      rearm();
      return true;
    case MessageRate::Verdict::flood:
      break;
  }
  end(endings::kTooMany);
  return false;
}

// returns: whether it answers our ping, and is no message of the peer's own.
bool Stream::take_pong(base::Bytes payload) {
  if (!is_open()) return true;
  const auto rtt_us = pulse_.pong(payload);
  if (!rtt_us) return false;
  outflow_.gauges().rtt_us.store(*rtt_us, std::memory_order_relaxed);
  context().counts.round_trips.observe(std::chrono::microseconds(*rtt_us));
  return true;
}

// --- bytes out ---

void Stream::overflow() {
  state_ = State::doomed;
  owner_.on_overflow();
}

void Stream::on_blocked() {
  outflow_.blocked(*socket_);
  rearm();
}

void Stream::on_drained() {
  take_turn([this] {
    send_backlog();
    outflow_.drained(*socket_);
  });
}

void Stream::send_again(const std::vector<SharedBuffer>& frames) {
  if (state_ != State::open || frames.empty()) return;
  outflow_.send_again(frames);
  send_backlog();
}

void Stream::send_backlog() {
  if (state_ == State::open && outflow_.send_backlog(*socket_)) owner_.on_turn_over();
}

void Stream::when_drained(const DrainWaiters::Told& told) {
  if (!is_open()) return told(false);
  outflow_.when_drained(*socket_, told);
}

// --- the end ---

void Stream::end(const Ending& ending) {
  if (!is_open()) return;
  if (ending.rejection) owner_.on_rejected(*ending.rejection, ending.detail);
  if (ending.how == Ending::How::lost) {
    drop();
    owner_.on_ended(ending);
    return owner_.on_over();
  }
  owner_.on_ending(ending);
  outflow_.flush_backlog(*socket_);
  send_close(ending);
  if (ending.how == Ending::How::moved) {
    socket_->offer();
    drop();
    owner_.on_ended(ending);
    return owner_.on_over();
  }
  state_ = State::closing;
  const std::uint64_t limit_ms = base::to_ms(context().limits.closing_time);
  context().loop.wheel().arm(*this, context().loop.now_ms() + limit_ms);
  outflow_.end();
  intake_.release_all();
  intake_.begin_turn();
  if (intake_.keeps_any()) owner_.on_turn_over();  // the peer's Close may be among it
  owner_.on_ended(ending);
}

void Stream::send_close(const Ending& ending) {
  const bool answers = ending.how == Ending::How::peers;
  const bool has_code = !answers || ending.code != proto::CloseCode::no_status;
  const auto frame = protocol_.close(has_code ? ending.code : proto::CloseCode::normal,
                                     answers ? std::string_view() : ending.reason);
  if (!frame.empty()) socket_->send(SharedBuffer::copy(frame.bytes()));
  if (answers) socket_->finish_and_close();
  if (ending.how == Ending::How::failed) socket_->finish();
  socket_->resume_reading();  // the peer's Close must be seen
}

void Stream::drop() {
  state_ = State::over;
  context().loop.wheel().cancel(*this);
  socket_.reset();
  intake_.take();
  outflow_.end();
}

void Stream::on_end(net::EndReason) {
  take_turn([this] {
    const bool handles_more = intake_.keeps_any() && !intake_.is_held_by(Hold::budget);
    if (state_ == State::open && handles_more) {
      state_ = State::cut;
    } else {
      lose();
    }
  });
}

// The socket has ended, or must.
void Stream::lose() {
  if (is_open()) return end(endings::kLost);
  drop();
  owner_.on_over();
}

// --- deadlines: one timer serves them all ---

// The timer is armed for the earliest deadline. Whoever moves a deadline back (a byte came) leaves
// the timer where it is: the deadline is looked at when the timer fires.
void Stream::rearm() {
  if (!is_open()) return;  // closing has a deadline of its own
  std::uint64_t next = owner_.deadline_ms();
  if (const auto beat_ms = pulse_.deadline_ms(context().limits)) next = std::min(next, *beat_ms);
  if (const std::uint64_t since = socket_->blocked_since_ms())
    next = std::min(next, since + base::to_ms(context().limits.outbox_time));
  const std::uint64_t now_ms = context().loop.now_ms();
  if (message_by_ms_ != 0) next = std::min(next, message_by_ms_);
  if (intake_.is_held_by(Hold::budget))
    next = std::min(next, now_ms + owner_.work_budget().wait_ms(work_rule(), now_ms));
  if (intake_.is_held_by(Hold::rate))
    next = std::min(next, now_ms + rate_.wait_ms(message_rule(), now_ms));
  context().loop.wheel().arm(*this, next);
}

void Stream::on_deadline(std::uint64_t now_ms) {
  take_turn([&] { pass_deadline(now_ms); });
}

void Stream::pass_deadline(std::uint64_t now_ms) {
  if (state_ == State::closing) {
    owner_.on_rejected(guard::Rejection::closing_timeout, "the closing handshake is late");
    return lose();
  }
  owner_.on_deadline();
  if (is_open()) check_progress(now_ms);
  if (is_open()) check_pulse(now_ms);
  if (is_open()) check_message(now_ms);
  if (is_open()) check_holds(now_ms);
  rearm();
}

// While the peer is not read its message cannot go on.
void Stream::check_message(std::uint64_t now_ms) {
  if (message_by_ms_ == 0) return;
  if (intake_.is_held()) message_by_ms_ = now_ms + base::to_ms(context().limits.message_time);
  if (now_ms >= message_by_ms_) end(endings::kMessageLate);
}

// The peer may be read again: it has paid for its work, or has been slow enough.
void Stream::check_holds(std::uint64_t now_ms) {
  const bool has_paid =
      intake_.is_held_by(Hold::budget) && owner_.work_budget().wait_ms(work_rule(), now_ms) == 0;
  const bool has_waited =
      intake_.is_held_by(Hold::rate) && rate_.wait_ms(message_rule(), now_ms) == 0;
  if (has_paid) intake_.release(Hold::budget);
  if (has_waited) intake_.release(Hold::rate);
  if (has_paid || has_waited) go_on();
}

void Stream::check_progress(std::uint64_t now_ms) {
  const std::uint64_t since = socket_->blocked_since_ms();
  if (since == 0 || now_ms < since + base::to_ms(context().limits.outbox_time)) return;
  end(endings::kTooSlow);
}

void Stream::check_pulse(std::uint64_t now_ms) {
  // What we do not read we cannot hear: a hook is behind, and the peer is not to blame.
  if (!socket_->is_reading()) pulse_.heard(now_ms);
  switch (pulse_.check(context().limits, now_ms)) {
    case base::Heartbeat::Verdict::alive:
      return;
    case base::Heartbeat::Verdict::ping:
      return socket_->send_urgent(SharedBuffer::copy(proto::ping_frame(pulse_.ping()).bytes()));
    case base::Heartbeat::Verdict::lost:
      return end(endings::kSilent);
  }
}

}  // namespace microframe::ws
