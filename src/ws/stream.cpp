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
using proto::CloseCode;
using proto::Event;

proto::ConnectionLimits protocol_limits(const Limits& limits) {
  proto::ConnectionLimits result;
  result.message_bytes_max = limits.message_bytes_max;
  result.fragments_max = limits.fragments_max;
  return result;
}

std::uint64_t steady_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

// Spreads connections evenly over [0, 1), however many come at once: the multiples of the golden
// ratio.
double part_of(std::uint64_t number) {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
  return static_cast<double>(number * kGolden >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

Ending failure(const Event& event) {
  const auto why = event.code == CloseCode::message_too_big ? guard::Rejection::message_too_big
                                                            : guard::Rejection::protocol_error;
  return {Ending::How::failed, DisconnectCause::protocol_error, event.code, event.reason, why,
          event.reason};
}

constexpr Ending kTooSlow{Ending::How::ours, DisconnectCause::too_slow,  CloseCode::too_slow,
                          "too slow",        guard::Rejection::too_slow, "no progress"};
constexpr Ending kOutboxFull{Ending::How::ours, DisconnectCause::too_slow,  CloseCode::too_slow,
                             "too slow",        guard::Rejection::too_slow, "outbox is full"};
constexpr Ending kTooMany{
    Ending::How::ours,   DisconnectCause::too_many_messages,  CloseCode::too_many_messages,
    "too many messages", guard::Rejection::too_many_messages, "message rate"};
constexpr Ending kSilent{Ending::How::lost,
                         DisconnectCause::timeout,
                         CloseCode::abnormal,
                         "",
                         guard::Rejection::heartbeat_timeout,
                         "no answer to a ping"};
constexpr Ending kLost{Ending::How::lost, DisconnectCause::connection_lost, CloseCode::abnormal,
                       ""};

}  // namespace

Stream::Stream(const StreamContext& context, StreamOwner& owner, StreamGauges& gauges,
               DeflateAgreement deflate, std::uint64_t number)
    : context_(context),
      owner_(owner),
      gauges_(gauges),
      outflow_(context, gauges, std::move(deflate)),
      protocol_(proto::Role::server, protocol_limits(context.limits), outflow_.inflaters()) {
  heartbeat_.begin(context_.loop.now_ms(), heartbeat_timing(), part_of(number));
}

void Stream::open(std::unique_ptr<net::Socket> socket) {
  socket_ = std::move(socket);
  socket_->set_events(*this);
  rearm();
}

void Stream::open(net::Socket::Stream stream, std::string_view answer) {
  socket_.reset(new net::Socket(context_.loop, std::move(stream), *this));
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
    heartbeat_.heard(context_.loop.now_ms());
    read(bytes);
  });
}

void Stream::read(base::MutableBytes bytes) {
  while (socket_) {
    const Event event = protocol_.next(bytes);
    if (event.kind == Event::Kind::need_more) return;
    handle(event);
  }
}

void Stream::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::message:
      if (is_open()) owner_.on_message(event.binary, event.payload);
      return;
    case Event::Kind::ping:
      if (within_rate()) outflow_.send_pong(*socket_, event.payload);
      return;
    case Event::Kind::pong:
      if (within_rate()) take_pong(event.payload);
      return;
    case Event::Kind::close:
      // §5.5.1: answer with the code that came. §7.1.1: the server then closes the TCP connection,
      // and need not wait for the peer, which must not send after its Close.
      if (!is_open()) return socket_->finish_and_close();
      return end({Ending::How::peers, DisconnectCause::peer_closed, event.code, event.reason});
    case Event::Kind::failed:
      // §7.1.7: nothing more is expected of this peer.
      if (!is_open()) return socket_->finish();
      return end(failure(event));
    case Event::Kind::need_more:
      return;
  }
}

bool Stream::within_rate() {
  if (!is_open()) return false;
  const Limits& limits = context_.limits;
  if (rate_.take(limits.messages_per_second, limits.messages_burst, context_.loop.now_ms()))
    return true;
  end(kTooMany);
  return false;
}

void Stream::take_pong(base::Bytes payload) {
  const auto took_us = round_trip_.end(payload, steady_us());
  if (!took_us) return;
  const std::uint64_t rtt_us = std::min<std::uint64_t>(*took_us, UINT32_MAX);
  gauges_.rtt_us.store(static_cast<std::uint32_t>(rtt_us), std::memory_order_relaxed);
  context_.counts.round_trips.observe(std::chrono::microseconds(rtt_us));
}

void Stream::pause_reading() {
  if (socket_) socket_->pause_reading();
}

void Stream::resume_reading() {
  if (socket_) socket_->resume_reading();
}

// --- bytes out ---

void Stream::send(const SharedBuffer& frame) {
  if (state_ != State::open || outflow_.send(*socket_, frame)) return;
  state_ = State::doomed;
  owner_.on_overflow();
}

void Stream::on_blocked() {
  outflow_.blocked(*socket_);
  rearm();
}

void Stream::on_drained() {
  take_turn([this] { outflow_.drained(*socket_); });
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
  send_close(ending);
  if (ending.how == Ending::How::moved) {
    socket_->offer();
    drop();
    owner_.on_ended(ending);
    return owner_.on_over();
  }
  state_ = State::closing;
  const std::uint64_t limit_ms = base::to_ms(context_.limits.closing_time);
  context_.loop.wheel().arm(*this, context_.loop.now_ms() + limit_ms);
  outflow_.end();
  owner_.on_ended(ending);
}

void Stream::send_close(const Ending& ending) {
  const bool answers = ending.how == Ending::How::peers;
  const bool has_code = !answers || ending.code != CloseCode::no_status;
  const auto frame = protocol_.close(has_code ? ending.code : CloseCode::normal,
                                     answers ? std::string_view() : ending.reason);
  if (!frame.empty()) socket_->send(SharedBuffer::copy(frame.bytes()));
  if (answers) socket_->finish_and_close();
  if (ending.how == Ending::How::failed) socket_->finish();
  socket_->resume_reading();  // the peer's Close must be seen
}

void Stream::end_overflowed() {
  if (state_ == State::doomed) end(kOutboxFull);
}

void Stream::drop() {
  state_ = State::over;
  context_.loop.wheel().cancel(*this);
  socket_.reset();
  outflow_.end();
}

void Stream::on_end(net::EndReason) {
  take_turn([this] { lose(); });
}

// The socket has ended, or must.
void Stream::lose() {
  if (is_open()) return end(kLost);
  drop();
  owner_.on_over();
}

// --- deadlines: one timer serves them all ---

// The timer is armed for the earliest deadline. Whoever moves a deadline back (a byte came) leaves
// the timer where it is: the deadline is looked at when the timer fires.
void Stream::rearm() {
  if (!is_open()) return;  // closing has a deadline of its own
  std::uint64_t next = owner_.deadline_ms();
  const auto timing = heartbeat_timing();
  if (timing.interval_ms != 0) next = std::min(next, heartbeat_.deadline_ms(timing));
  if (const std::uint64_t since = socket_->blocked_since_ms())
    next = std::min(next, since + base::to_ms(context_.limits.outbox_time));
  context_.loop.wheel().arm(*this, next);
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
  if (is_open()) check_heartbeat(now_ms);
  rearm();
}

void Stream::check_progress(std::uint64_t now_ms) {
  const std::uint64_t since = socket_->blocked_since_ms();
  if (since == 0 || now_ms < since + base::to_ms(context_.limits.outbox_time)) return;
  end(kTooSlow);
}

void Stream::check_heartbeat(std::uint64_t now_ms) {
  // What we do not read we cannot hear: a hook is behind, and the peer is not to blame.
  if (!socket_->is_reading()) heartbeat_.heard(now_ms);
  switch (heartbeat_.check(now_ms, heartbeat_timing())) {
    case base::Heartbeat::Verdict::alive:
      return;
    case base::Heartbeat::Verdict::ping: {
      const auto payload = round_trip_.begin(steady_us());
      return socket_->send_urgent(SharedBuffer::copy(proto::ping_frame(payload).bytes()));
    }
    case base::Heartbeat::Verdict::lost:
      return end(kSilent);
  }
}

base::Heartbeat::Timing Stream::heartbeat_timing() const {
  return {base::to_ms(context_.limits.ping_interval), base::to_ms(context_.limits.pong_time)};
}

}  // namespace microframe::ws
