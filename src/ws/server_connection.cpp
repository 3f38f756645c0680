#include "ws/server_connection.hpp"

#include <cassert>
#include <new>

#include "base/log.hpp"
#include "base/to_ms.hpp"
#include "hub/hub.hpp"
#include "proto/frame_header.hpp"
#include "proto/utf8.hpp"
#include "v1/names.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/loop_server.hpp"
#include "ws/session.hpp"
#include "ws/site.hpp"

namespace microframe::ws {
namespace {

using base::Ref;
using base::SharedBuffer;
using proto::CloseCode;
using proto::Event;

proto::ConnectionLimits protocol_limits(const Limits& limits) {
  proto::ConnectionLimits result;
  result.message_bytes_max = limits.message_bytes_max;
  result.fragments_max = limits.fragments_max;
  return result;
}

std::unique_ptr<Takeover> make_takeover(DeflateAgreement& agreed, Site& site) {
  const auto& params = agreed.params;
  if (!params || !(params->server_takes_over() || params->client_takes_over())) return nullptr;
  return std::make_unique<Takeover>(*params, site.compression, std::move(agreed.share),
                                    &site.compression_counts.received);
}

guard::Rejection rejection_for(CloseCode code) {
  return code == CloseCode::message_too_big ? guard::Rejection::message_too_big
                                            : guard::Rejection::protocol_error;
}

}  // namespace

ServerConnection::ServerConnection(LoopServer& server, Opening opening)
    : Member(opening.claims.sub, server.index()),
      server_(server),
      deflate_bits_(opening.deflate.params ? opening.deflate.params->server_window_bits() : 0),
      endpoint_(*opening.endpoint),
      takeover_(make_takeover(opening.deflate, server.site())),
      protocol_(std::in_place, proto::Role::server, protocol_limits(server.site().limits),
                inflaters()),
      runner_(*this),
      claims_(opening.claims.extra()),
      subprotocol_(std::move(opening.subprotocol)),
      peer_(opening.peer),
      client_certificate_(std::move(opening.client_certificate)),
      ticket_(std::move(opening.ticket)),
      id_(server.site().next_connection_id.fetch_add(1, std::memory_order_relaxed)),
      expires_s_(to_seconds(opening.claims.expires)) {
  if (opening.has_session) session_ = std::make_unique<Session>(*this, server.site().limits);
}

ServerConnection::~ServerConnection() = default;

void ServerConnection::open(std::unique_ptr<net::Socket> socket, base::MutableBytes early) {
  socket_ = std::move(socket);
  socket_->set_events(*this);
  guarded([&] { begin_session(early); });
}

void ServerConnection::begin_session(base::MutableBytes early) {
  handle_ = WebSocket(*this);
  phase_ = Phase::open;
  begin_deadlines();
  if (session_) {
    server_.site().sessions.add(session_->key(), *this);
    session_->counted = true;
    endpoint_.count_session(true);
    session_->welcome();
  }
  if (const Ref<Member> oldest = endpoint_.hub().add(*this)) oldest->evict();
  runner_.connect();
  if (!early.empty()) read(early);
}

// --- bytes in ---

void ServerConnection::on_receive(base::MutableBytes bytes) {
  guarded([&] {
    heartbeat_.heard(server_.loop().now_ms());
    read(bytes);
  });
}

void ServerConnection::read(base::MutableBytes bytes) {
  while (socket_) {
    const Event event = protocol_->next(bytes);
    if (event.kind == Event::Kind::need_more) return;
    handle_event(event);
  }
}

void ServerConnection::handle_event(const Event& event) {
  switch (event.kind) {
    case Event::Kind::message:
      if (session_) {
        if (is_open()) session_->read(event.binary, event.payload, runner_);
      } else if (within_rate()) {
        runner_.message(event.binary, event.payload);
      }
      if (socket_ && runner_.queued_bytes() > server_.site().limits.waiting_bytes_max)
        socket_->pause_reading();
      return;
    case Event::Kind::ping:
      if (within_rate()) answer_ping(event);
      return;
    case Event::Kind::pong:
      if (within_rate()) handle_pong(event);
      return;
    case Event::Kind::close:
      return handle_peer_close(event);
    case Event::Kind::failed:
      return handle_failure(event);
    case Event::Kind::need_more:
      return;
  }
}

// Whether the session is open and this frame within its rate; past it, the session ends.
bool ServerConnection::within_rate() {
  if (!is_open()) return false;
  const Limits& limits = server_.site().limits;
  if (rate_.take(limits.messages_per_second, limits.messages_burst, server_.loop().now_ms()))
    return true;
  reject(guard::Rejection::too_many_messages, "message rate");
  close(CloseCode::too_many_messages, "too many messages", DisconnectCause::too_many_messages);
  return false;
}

// §5.5.3: an answer to the most recent ping is enough; while the socket is full, one pong waits in
// it and no more.
void ServerConnection::answer_ping(const Event& event) {
  auto pong = SharedBuffer::copy(proto::pong_frame(event.payload).bytes());
  if (socket_->blocked_since_ms() == 0) return socket_->send(std::move(pong));
  if (!pongs_) pongs_ = std::make_unique<Pongs>();
  if (pongs_->waiting && !pongs_->waiting.is_last()) {
    pongs_->next = std::move(pong);
    return;
  }
  pongs_->waiting = pong;
  pongs_->next = {};
  socket_->send_urgent(std::move(pong));
}

void ServerConnection::handle_peer_close(const Event& event) {
  // §5.5.1: answer with the code that came. §7.1.1: the server then closes the TCP connection, and
  // need not wait for the peer, which must not send after its Close.
  const bool answered = !is_open();
  DisconnectReason reason(DisconnectCause::peer_closed, static_cast<std::uint16_t>(event.code),
                          std::string(event.reason));
  if (!answered) {
    hub::Hub::catch_up(*this);
    send_control(
        protocol_->close(event.code == CloseCode::no_status ? CloseCode::normal : event.code));
  }
  socket_->finish_and_close();
  if (answered) return;
  begin_closing();
  leave(std::move(reason));
}

void ServerConnection::handle_failure(const Event& event) {
  if (!is_open()) {  // §7.1.7: nothing more is expected of this peer
    socket_->finish();
    return;
  }
  reject(rejection_for(event.code), event.reason);
  hub::Hub::catch_up(*this);
  if (session_) session_->bye(event.code, event.reason);
  send_control(protocol_->close(event.code, event.reason));
  socket_->finish();
  begin_closing();
  leave(DisconnectReason(DisconnectCause::protocol_error, static_cast<std::uint16_t>(event.code),
                         std::string(event.reason)));
}

// --- bytes out ---

// Where compressed messages are inflated; nullptr without permessage-deflate. For the constructor.
proto::InflaterPool* ServerConnection::inflaters() {
  if (deflate_bits_ == 0) return nullptr;
  proto::InflaterPool* own = takeover_ ? takeover_->inflaters() : nullptr;
  return own ? own : &server_.deflate().inflaters();
}

// Of a new stream.
void ServerConnection::set_deflate(DeflateAgreement agreed) {
  protocol_.reset();  // it inflates in what goes now
  deflate_bits_ =
      agreed.params ? static_cast<std::uint8_t>(agreed.params->server_window_bits()) : 0;
  takeover_ = make_takeover(agreed, server_.site());
  protocol_.emplace(proto::Role::server, protocol_limits(server_.site().limits), inflaters());
}

void ServerConnection::deliver(const base::Frame& frame) try {
  if (session_) return session_->deliver_form_of(frame);
  transmit(frame.plain());
} catch (const std::bad_alloc&) {
  give_up();
}

void ServerConnection::transmit(const SharedBuffer& frame) {
  if (!is_open() || overflowed_) return;
  // Before it is compressed: a frame that is compressed in a context must be sent.
  if (socket_->buffered() != 0 && !make_room(frame)) return;
  socket_->send(deflate_bits_ == 0 ? frame : encoding(frame));
  if (socket_->blocked_since_ms() != 0)
    waiting_bytes_.store(static_cast<std::uint32_t>(socket_->buffered()),
                         std::memory_order_relaxed);
}

// What was sent on a stream that is lost: all of it, for all of it is bounded.
void ServerConnection::transmit_again(const SharedBuffer& frame) {
  socket_->send(deflate_bits_ == 0 ? frame : encoding(frame));
}

// Sees to room for a frame behind those that wait: by the rules of its room, which may drop some,
// or by asking the kernel. returns: false if the frame cannot be queued; the session ends unless
// the rules let the frame go.
bool ServerConnection::make_room(const SharedBuffer& frame) {
  using Rule = base::Shedding::Rule;
  const base::Shedding shedding = frame.shedding();
  const std::size_t bytes_max = server_.site().limits.outbox_bytes_max;
  const auto missing = [&] {
    const std::size_t wanted = socket_->buffered() + frame.size();
    return socket_->buffered() == 0 || wanted <= bytes_max ? 0 : wanted - bytes_max;
  };
  // A peer that keeps up gets them all: only what the kernel has no room for is superseded.
  if (shedding.rule == Rule::superseded && socket_->blocked_since_ms() != 0)
    count_shed(socket_->drop_superseded(shedding.stream));
  if (missing() == 0) return true;
  socket_->offer();  // the peer is not slow if the kernel was never asked
  if (missing() == 0) return true;
  if (shedding.rule == Rule::oldest) {
    count_shed(socket_->drop_oldest(shedding.stream, missing()));
    if (missing() == 0) return true;
    count_shed(1);  // others fill the outbox: this one gives way itself
    return false;
  }
  overflowed_ = true;
  // A hub may be walking its lists: the session ends when it is done.
  server_.loop().post([held = Ref<ServerConnection>(this)] {
    held->guarded([&] {
      held->reject(guard::Rejection::too_slow, "outbox is full");
      held->close(CloseCode::too_slow, "too slow", DisconnectCause::too_slow);
    });
  });
  return false;
}

void ServerConnection::count_shed(std::size_t frames) {
  if (frames != 0) server_.site().shed_frames.fetch_add(frames, std::memory_order_relaxed);
}

void ServerConnection::on_blocked() {
  waiting_bytes_.store(static_cast<std::uint32_t>(socket_->buffered()), std::memory_order_relaxed);
  arm_deadline();
}

void ServerConnection::on_drained() {
  waiting_bytes_.store(0, std::memory_order_relaxed);
  guarded([this] {
    if (const auto pongs = std::move(pongs_); pongs && pongs->next) socket_->send(pongs->next);
    tell_drained(true);
  });
}

std::size_t ServerConnection::buffered() const {
  if (server_.is_current()) return socket_ ? socket_->buffered() : 0;
  return waiting_bytes_.load(std::memory_order_relaxed);
}

void ServerConnection::when_drained(std::function<void(bool)> told) {
  server_.run([held = Ref<ServerConnection>(this), told = std::move(told)] {
    try {
      held->note_drain_wait(told);
    } catch (const std::bad_alloc&) {
      held->give_up();
      told(false);
    }
  });
}

void ServerConnection::note_drain_wait(const std::function<void(bool)>& told) {
  if (!is_open()) return told(false);
  socket_->offer();  // what was only queued may leave at once
  if (socket_->buffered() == 0) return told(true);
  drain_waiters_.push_back(told);
}

// One after the other: whom there was no memory to tell is told when this is called again.
void ServerConnection::tell_drained(bool drained) {
  while (!drain_waiters_.empty()) {
    drain_waiters_.front()(drained);
    drain_waiters_.pop_front();
  }
}

// A message as this peer is sent it.
SharedBuffer ServerConnection::encoding(const SharedBuffer& frame) {
  proto::Deflater* own = takeover_ ? takeover_->deflater() : nullptr;
  LoopDeflate& loop = server_.deflate();
  return own ? loop.encoding(frame, *own) : loop.encoding(frame, deflate_bits_);
}

bool ServerConnection::send(const base::Frame& frame) {
  if (!is_open() && !suspended_) return false;
  endpoint_.hub().send(*this, frame);
  return true;
}

void ServerConnection::send_control(const proto::ControlFrame& frame) {
  if (!frame.empty()) socket_->send(SharedBuffer::copy(frame.bytes()));
}

// --- the end ---

void ServerConnection::close(CloseCode code, std::string_view reason, DisconnectCause cause) {
  const Ref<ServerConnection> keep(this);
  DisconnectReason why(cause, static_cast<std::uint16_t>(code), std::string(reason));
  if (suspended_ && !may_come_back(why)) end_suspended();
  if (!is_open()) return;
  hub::Hub::catch_up(*this);  // what was sent before the Close
  if (session_) session_->bye(code, reason);
  send_control(protocol_->close(code, reason));
  begin_closing();
  leave(std::move(why));
}

void ServerConnection::shut_down() {
  guarded([this] {
    close(CloseCode::service_restart, "the server restarts", DisconnectCause::shutdown);
  });
}

void ServerConnection::request_close(CloseCode code, std::string_view reason) {
  server_.run([held = Ref<ServerConnection>(this), code, text = std::string(reason)] {
    held->guarded([&] { held->close(code, text, DisconnectCause::server_closed); });
  });
}

void ServerConnection::drop() {
  const Ref<ServerConnection> keep(this);
  ends_for_good_ = true;
  if (suspended_) {
    runner_.abandon();
    end_suspended();
  } else {
    lose(DisconnectCause::connection_lost);
  }
  runner_.abandon();
}

// Drops it later, for a hook or a hub may be on the stack. Needs no memory, and throws nothing.
void ServerConnection::give_up() {
  if (std::exchange(gives_up_, true)) return;
  overflowed_ = true;
  try {
    server_.loop().post([held = Ref<ServerConnection>(this)] { held->try_drop(); });
  } catch (const std::bad_alloc&) {
    server_.loop().wheel().arm(*this, server_.loop().now_ms());
  }
}

// Until there is memory enough.
void ServerConnection::try_drop() {
  const Ref<ServerConnection> keep(this);
  try {
    if (gives_up_ && !session_ended_) reject(guard::Rejection::out_of_memory, "dropped");
    drop();
    if (!hooks_ended_) return;
    handle_.reset();
    forget_if_done();
  } catch (const std::bad_alloc&) {
    gives_up_ = true;
    server_.loop().wheel().arm(*this, server_.loop().now_ms());
  }
}

void ServerConnection::begin_closing() {
  phase_ = Phase::closing;
  const auto limit = server_.site().limits.closing_time;
  server_.loop().wheel().arm(*this, server_.loop().now_ms() + base::to_ms(limit));
  socket_->resume_reading();  // the peer's Close must be seen
}

// Ends the session, once: it is no longer counted nor delivered to, then on_disconnect runs, then
// its rooms are left.
void ServerConnection::leave(DisconnectReason reason) {
  if (session_ended_ || suspended_) return;
  tell_drained(false);
  runner_.reserve_disconnect();
  const bool received_all = reason.cause == DisconnectCause::peer_closed ||
                            reason.cause == DisconnectCause::connection_lost ||
                            reason.cause == DisconnectCause::timeout;
  if (session_ && may_come_back(reason)) return suspend(std::move(reason), !received_all);
  session_ended_ = true;  // what follows needs no memory
  endpoint_.hub().begin_leave(*this);
  if (session_) end_of_session();
  runner_.disconnect(std::move(reason), !received_all);
}

void ServerConnection::on_end(net::EndReason) {
  guarded([this] { lose(DisconnectCause::connection_lost); });
}

// The stream is over without a Close of the peer's.
void ServerConnection::lose(DisconnectCause cause) {
  stream_ended();
  leave(DisconnectReason(cause, static_cast<std::uint16_t>(CloseCode::abnormal)));
}

void ServerConnection::stream_ended() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  server_.loop().wheel().cancel(*this);
  if (suspended_) await_client();
  socket_.reset();
  forget_if_done();
}

void ServerConnection::on_hooks_ended() {
  if (suspended_) return take_successor();
  if (!std::exchange(removed_, true)) {
    endpoint_.hub().remove(*this);
    if (runner_.has_events()) return runner_.last();  // of the rooms that it has left
  }
  hooks_ended_ = true;
  // The runner is still on the stack, and the handle may be the last.
  try {
    server_.loop().post([held = Ref<ServerConnection>(this)] {
      held->handle_.reset();
      held->forget_if_done();
    });
  } catch (const std::bad_alloc&) {
    give_up();
  }
}

void ServerConnection::forget_if_done() {
  if (phase_ != Phase::closed || !session_ended_ || handle_) return;
  if (std::exchange(forgotten_, true)) return;
  ticket_ = {};  // a hook that still ran has counted until here
  takeover_.reset();
  server_.forget(*this);
}

// --- what hooks need ---

const detail::Hooks& ServerConnection::hooks() const {
  return endpoint_.hooks();
}
void* ServerConnection::handler() const {
  return endpoint_.handler();
}

detail::ActivitySign::Scope ServerConnection::show(const char* hook) {
  return {server_.loop().activity(), {hook, endpoint_.path().c_str()}};
}

void ServerConnection::on_bad_message(std::string_view word, std::string_view detail) {
  reject(guard::Rejection::bad_message, word);
  if (session_)
    return session_->refuse(word == "binary_not_supported" ? v1::kNotSupported : word, detail);
  // The detail may be an application's own words, and bytes that are no text would end this
  // connection (§8.1).
  const bool is_text = proto::is_utf8(base::as_bytes(detail));
  handle_->send(Json{{"error", word}, {"detail", is_text ? detail : "not UTF-8"}});
}

void ServerConnection::on_hook_failed(std::string_view hook, std::string_view what) {
  base::log::error(
      "hook threw",
      {{"endpoint", endpoint_.path()}, {"hook", hook}, {"user", user()}, {"what", what}});
  reject(guard::Rejection::hook_failed, hook);
  if (session_ && session_->is_answering()) session_->refuse(v1::kFailed, "the hook failed");
  close(CloseCode::internal_error, "internal error", DisconnectCause::hook_failed);
}

void ServerConnection::on_hooks_idle() {
  if (suspended_) take_successor();
  if (socket_) socket_->resume_reading();
}

void ServerConnection::reject(guard::Rejection why, std::string_view detail) {
  server_.site().reject(why, remote_address(), detail);
}

}  // namespace microframe::ws
