// What a ServerConnection with a session of microframe.v1 does beyond the others: it is suspended
// where they end, goes on with a new stream, and ends when nobody comes back.

#include <algorithm>
#include <mutex>
#include <new>

#include "base/log.hpp"
#include "base/to_ms.hpp"
#include "hub/hub.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/loop_server.hpp"
#include "ws/resumption.hpp"
#include "ws/server_connection.hpp"
#include "ws/session.hpp"
#include "ws/site.hpp"

namespace microframe::ws {

using base::Ref;
using base::SharedBuffer;
using proto::CloseCode;

namespace {

// Those who must all go at once come back one after the other: at so many a second, and within so
// long.
constexpr std::uint64_t kReturnsPerSecond = 1'000;
constexpr std::uint64_t kRetryMsMin = 1'000;
constexpr std::uint64_t kRetryMsMax = 20'000;

}  // namespace

// --- what other threads may ask ---

Json ServerConnection::claims() const {
  if (!session_) return claims_;
  const std::lock_guard lock(session_->mutex());
  return claims_;
}

std::string ServerConnection::remote_address() const {
  if (!session_) return net::to_string(peer_);
  const std::lock_guard lock(session_->mutex());
  return net::to_string(peer_);
}

std::optional<std::string> ServerConnection::client_certificate() const {
  const auto told = [this] {
    return client_certificate_ ? std::optional(*client_certificate_) : std::nullopt;
  };
  if (!session_) return told();
  const std::lock_guard lock(session_->mutex());
  return told();
}

Forms ServerConnection::forms() const {
  return session_ ? Forms::enveloped : Forms::plain;
}

std::string_view ServerConnection::session() const {
  return session_ ? std::string_view(session_->key().name) : std::string_view{};
}

void ServerConnection::ask(const Json& message, std::chrono::milliseconds timeout,
                           std::function<void(AckStatus, Json)> told) {
  server_.run([held = Ref<ServerConnection>(this), message, timeout, told = std::move(told)] {
    held->guarded([&] {
      if (held->session_ended_ || (!held->is_open() && !held->suspended_))
        return told(AckStatus::disconnected, {});
      if (held->session_) return held->session_->ask(message, timeout, told);
      held->send(encode(message, Forms::plain));
      told(AckStatus::not_supported, {});
    });
  });
}

void ServerConnection::ask(const Json& message, std::chrono::milliseconds timeout, Answered told) {
  ask(message, timeout,
      [held = Ref<ServerConnection>(this), told = std::move(told)](AckStatus status, Json data) {
        told(Ack(held->public_handle(), status, std::move(data)));
      });
}

// --- rooms ---

void ServerConnection::joined(const hub::Joined& joined) try {
  if (session_) session_->joined(joined);
  if (joined.entered) note_room_event(endpoint_.hooks().on_join, "on_join", joined.room);
} catch (const std::bad_alloc&) {
  give_up();
}

void ServerConnection::left(std::string_view room) try {
  if (session_ && !session_ended_) session_->left(room);
  note_room_event(endpoint_.hooks().on_leave, "on_leave", room);
} catch (const std::bad_alloc&) {
  give_up();
}

// A hub is at work, and must not be called back: the hook runs later.
void ServerConnection::note_room_event(detail::Hooks::RoomEvent hook, const char* name,
                                       std::string_view room) {
  if (!hook) return;
  runner_.note_room_event({hook, name}, std::string(room));
  if (removed_) return;  // the last ones follow at once
  server_.loop().post(
      [held = Ref<ServerConnection>(this)] { held->guarded([&] { held->runner_.go_on(); }); });
}

// --- answers ---

void ServerConnection::on_message_begun(std::uint64_t id) {
  session_->begin(id);
}

void ServerConnection::on_message_done() {
  session_->done();
}

void ServerConnection::on_control(const v1::ClientFrame& frame, bool allowed) {
  if (!allowed) reject(guard::Rejection::forbidden_room, "can_join");
  session_->control(frame, allowed);
}

void ServerConnection::refuse_frame(std::uint64_t id, std::string_view code, std::string_view why) {
  reject(guard::Rejection::bad_message, code);
  session_->refuse(id, code, why);
}

void ServerConnection::reply(const Json& value) {
  if (session_ && server_.is_current() && session_->is_answering()) return session_->answer(&value);
  send(encode(value, forms()));
}

// --- suspended ---

bool ServerConnection::may_come_back(const DisconnectReason& reason) const {
  if (ends_for_good_ || gives_up_ || server_.site().limits.session_ttl.count() == 0) return false;
  switch (reason.cause) {
    case DisconnectCause::connection_lost:
    case DisconnectCause::timeout:
    case DisconnectCause::too_slow:
    case DisconnectCause::hook_failed:
    case DisconnectCause::token_expired:
      return true;
    case DisconnectCause::peer_closed:
      return reason.code != static_cast<std::uint16_t>(CloseCode::normal) &&
             reason.code != static_cast<std::uint16_t>(CloseCode::going_away);
    case DisconnectCause::server_closed:
      return Session::heals(static_cast<CloseCode>(reason.code));
    default:
      return false;
  }
}

void ServerConnection::suspend(DisconnectReason reason, bool drop_queue) {
  base::Slots::Place place = server_.site().sessions.suspended().take();
  if (!place) {
    ends_for_good_ = true;
    return leave(std::move(reason));
  }
  session_->place = std::move(place);
  session_->expires_ms = server_.loop().now_ms() + base::to_ms(server_.site().limits.session_ttl);
  if (drop_queue) session_->rewind();
  suspended_ = true;
  endpoint_.hub().suspend(*this);
  if (phase_ == Phase::closed) await_client();
  runner_.disconnect(std::move(reason), drop_queue);
}

// The stream is over: from here on the session counts as no connection.
void ServerConnection::await_client() {
  ticket_ = {};
  server_.loop().wheel().arm(*this, session_->expires_ms);
}

// Ends the stream that the session still has, for its client has come by another.
void ServerConnection::end_former_stream() {
  if (is_open()) {
    reject(guard::Rejection::replaced, "the session goes on elsewhere");
    session_->bye(CloseCode::replaced, "resumed elsewhere");
    send_control(protocol_->close(CloseCode::replaced, "resumed elsewhere"));
    socket_->offer();
    phase_ = Phase::closing;
    tell_drained(false);
    runner_.reserve_disconnect();
    const auto code = static_cast<std::uint16_t>(CloseCode::replaced);
    suspend(DisconnectReason(DisconnectCause::replaced, code, "resumed elsewhere"), false);
  }
  stream_ended();
}

// --- resumed ---

void ServerConnection::resume(Resumption resumption) {
  guarded([&] {
    if (session_ended_ || ends_for_good_) return begin_anew(std::move(resumption));
    // Its client has given it up, or somebody on the way has sent it twice: it evicts nobody, and
    // is dropped.
    if (!session_->is_latest(resumption.attempt)) return;
    if (!suspended_ || phase_ != Phase::closed) end_former_stream();
    if (!suspended_) return begin_anew(std::move(resumption));  // too many are
    if (!session_->can_resume(resumption.received)) {
      begin_anew(std::move(resumption));
      return end_suspended();
    }
    session_->successor = std::make_unique<Resumption>(std::move(resumption));
    // Who came in time does not lose the session to a hook that takes long, but does not wait for
    // ever either.
    server_.loop().wheel().arm(
        *this, server_.loop().now_ms() + base::to_ms(server_.site().limits.session_ttl));
    take_successor();
  });
}

void ServerConnection::request_resume(std::shared_ptr<Resumption> resumption) {
  server_.run([held = Ref<ServerConnection>(this), resumption = std::move(resumption)] {
    held->resume(std::move(*resumption));
  });
}

// Once no hook of the former life runs or waits.
void ServerConnection::take_successor() try {
  if (!session_->successor || !suspended_ || !runner_.is_free()) return;
  server_.loop().post([held = Ref<ServerConnection>(this)] {
    held->guarded([&] {
      auto successor = std::move(held->session_->successor);
      if (!successor) return;
      if (!held->suspended_ || !held->runner_.is_free())
        return held->begin_anew(std::move(*successor));
      // What came while it waited may have pushed out what its client has missed.
      const bool has_all = held->session_->can_resume(successor->received);
      if (has_all) return held->go_on_with(std::move(*successor));
      held->begin_anew(std::move(*successor));
      held->end_suspended();
    });
  });
} catch (const std::bad_alloc&) {
  give_up();
}

void ServerConnection::go_on_with(Resumption resumption) {
  Opening& opening = resumption.opening;
  server_.loop().wheel().cancel(*this);
  {
    const std::lock_guard lock(session_->mutex());
    claims_ = opening.claims.extra();
    peer_ = opening.peer;
    client_certificate_ = std::move(opening.client_certificate);
  }
  ticket_ = std::move(opening.ticket);
  expires_s_ = to_seconds(opening.claims.expires);
  set_deflate(std::move(opening.deflate));
  pongs_.reset();
  overflowed_ = false;
  waiting_bytes_ = 0;
  ping_us_ = 0;
  socket_.reset(new net::Socket(server_.loop(), std::move(resumption.stream), *this));
  socket_->send(SharedBuffer::copy(base::as_bytes(resumption.accept)));
  suspended_ = false;
  runner_.begin_anew();
  session_->place = {};
  resumed_ = true;
  phase_ = Phase::open;
  endpoint_.hub().resume(*this);
  begin_deadlines();
  session_->welcome_back(resumption.received);
  runner_.connect();
  if (!resumption.early.empty()) read(resumption.early);
  if (server_.site().revocations.covers(user(), resumption.issued_at)) revoke_here("revoked");
}

// The session is over, or lacks what its client has missed: the stream begins a new one, on this
// loop.
void ServerConnection::begin_anew(Resumption resumption) {
  server_.open(std::move(resumption));
}

void ServerConnection::open(Resumption resumption) {
  const authx::Time issued_at = resumption.issued_at;
  guarded([&] {
    socket_.reset(new net::Socket(server_.loop(), std::move(resumption.stream), *this));
    socket_->send(SharedBuffer::copy(base::as_bytes(resumption.accept)));
    begin_session(resumption.early);
  });
  if (server_.site().revocations.covers(user(), issued_at)) revoke_here("revoked");
}

// --- over ---

void ServerConnection::revoke_here(std::string_view reason) {
  guarded([&] {
    if (!is_open() && !suspended_) return;
    reject(guard::Rejection::revoked, reason);
    close(CloseCode::replaced, reason, DisconnectCause::revoked);
  });
}

void ServerConnection::revoke(std::string_view reason) {
  server_.run([held = Ref<ServerConnection>(this), text = std::string(reason)] {
    held->revoke_here(text);
  });
}

void ServerConnection::evict() {
  server_.run([held = Ref<ServerConnection>(this)] {
    held->guarded([&] {
      held->reject(guard::Rejection::replaced, "the user has too many devices");
      held->close(CloseCode::replaced, "replaced by a newer device", DisconnectCause::replaced);
    });
  });
}

// Ends a suspended session, as soon as no hook of it runs: on_session_expired runs, then its rooms
// are left.
void ServerConnection::end_suspended() {
  if (!suspended_) return;
  ends_for_good_ = true;
  stream_ended();
  if (!runner_.is_free()) return server_.loop().wheel().arm(*this, server_.loop().now_ms());
  runner_.reserve_disconnect();
  suspended_ = false;  // what follows needs no memory
  session_ended_ = true;
  server_.loop().wheel().cancel(*this);
  endpoint_.hub().begin_leave(*this);
  end_of_session();
  SessionCounts::add(server_.site().session_counts.expired);
  runner_.expire();
}

// What follows must come about, so this throws nothing.
void ServerConnection::end_of_session() {
  server_.site().sessions.remove(session_->key().name);
  if (std::exchange(session_->counted, false)) endpoint_.count_session(false);
  session_->place = {};
  try {
    if (const auto successor = std::move(session_->successor)) begin_anew(std::move(*successor));
  } catch (const std::bad_alloc&) {  // its stream is closed, and its client comes again
  }
  session_->end();
}

std::uint64_t ServerConnection::retry_window_ms(CloseCode code) const {
  if (code != CloseCode::service_restart) return kRetryMsMin;
  const std::uint64_t all = server_.site().admission.connections() * 1'000 / kReturnsPerSecond;
  return std::clamp(all, kRetryMsMin, kRetryMsMax);
}

}  // namespace microframe::ws
