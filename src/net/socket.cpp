#include "net/socket.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "net/loop.hpp"
#include "net/send_batch.hpp"
#include "net/tls_session.hpp"

namespace microframe::net {
namespace {

// A full receive buffer is read again at once, at most so often; then other sockets have their
// turn.
constexpr int kReceivesMax = 4;

EndReason reason_of(TlsSession::Step step) {
  switch (step) {
    case TlsSession::Step::closed:
      return EndReason::eof;
    case TlsSession::Step::failed:
      return EndReason::tls_failed;
    default:
      return EndReason::reset;
  }
}

}  // namespace

Socket::Socket(Loop& loop, Descriptor fd, SocketEvents& events)
    : loop_(loop), events_(&events), fd_(fd.get()) {
  watch();
  fd.release();
}

Socket::Socket(Loop& loop, Stream stream, SocketEvents& events)
    : Socket(loop, std::move(stream.fd), events) {
  tls_ = std::move(stream.tls);
  watch();
}

Socket::Stream Socket::release() {
  if (std::exchange(flush_, Flush::none) != Flush::none) loop_.flush_queue().forget(*this);
  if (!unwatch()) throw std::bad_alloc();  // the kernel would still tell this socket of it
  return {Descriptor(std::exchange(fd_, -1)), std::move(tls_)};
}

Socket::~Socket() {
  if (flush_ != Flush::none) loop_.flush_queue().forget(*this);
  close();
}

void Socket::secure(std::unique_ptr<TlsSession> session, base::Bytes early) {
  if (fd_ < 0) return;
  tls_ = std::move(session);
  tls_->attach(fd_, early);
  watch();
  if (tls_->unsent() != 0) mark_dirty();
}

std::string Socket::tls_failure() const {
  return tls_ ? tls_->failure() : std::string();
}

std::optional<std::string> Socket::peer_subject() const {
  return tls_ ? tls_->peer_subject() : std::nullopt;
}

void Socket::close() {
  if (fd_ < 0) return;
  unwatch();
  ::close(std::exchange(fd_, -1));
}

bool Socket::unwatch() {
  if (fd_ < 0) return true;
  ReadySet& ready = loop_.ready_set();
  // Closing the descriptor would take it out of the set too, unless a child of the process still
  // holds it.
  const bool taken_out = watched_.none() || ready.change(fd_, *this, watched_, {});
  ready.forget(*this);
  return taken_out;
}

// --- out ---

void Socket::send(base::SharedBuffer frame) {
  if (fd_ < 0 || ending_ != Ending::none || frame.size() == 0) return;
  outbox_.push(std::move(frame));
  mark_dirty();
}

void Socket::send_urgent(base::SharedBuffer frame) {
  if (fd_ < 0 || ending_ != Ending::none || frame.size() == 0) return;
  outbox_.push_urgent(std::move(frame));
  mark_dirty();
}

void Socket::finish() {
  if (fd_ < 0 || ending_ != Ending::none) return;
  ending_ = Ending::fin;
  mark_dirty();
}

void Socket::finish_and_close() {
  if (fd_ < 0) return;
  ending_ = Ending::close;
  mark_dirty();
}

void Socket::mark_dirty() {
  // While the kernel takes nothing, flush() is called when the kernel is ready again.
  if (flush_ != Flush::none || blocked_since_ms_ != 0) return;
  loop_.flush_queue().add(*this);
  flush_ = Flush::queued;
}

// Called by the loop's queue, or when the kernel takes bytes again. If TLS runs out of memory, the
// stream is over.
void Socket::flush() try {
  const bool lost = std::exchange(flush_, Flush::none) == Flush::lost;
  if (fd_ < 0) return;
  if (lost) return end(EndReason::reset);
  do {
    while (has_to_write()) {
      if (!write_some(Failure::end)) return;
    }
  } while (ending_ != Ending::none && tls_ && tls_->finish());
  const bool may_finish = !tls_ || tls_->is_secured();
  if (ending_ == Ending::close && may_finish) return end(EndReason::eof);
  const bool was_blocked = std::exchange(blocked_since_ms_, 0) != 0;
  if (was_blocked) watch();
  if (ending_ == Ending::fin && may_finish) {
    ending_ = Ending::fin_sent;
    ::shutdown(fd_, SHUT_WR);
  }
  if (was_blocked) events_->on_drained();
} catch (const std::bad_alloc&) {
  end(EndReason::reset);
}

void Socket::offer_to(SendBatch& batch, std::size_t number) {
  if (fd_ < 0 || flush_ == Flush::lost || tls_ || outbox_.empty()) return;
  std::size_t offered = 0;
  batch.add(fd_, outbox_.gather(batch.pieces(), offered), number);
}

// flush() finds out for itself what is left and what went wrong.
bool Socket::batch_sent(std::int64_t result) {
  if (result > 0) outbox_.consume(static_cast<std::size_t>(result));
  if (!outbox_.empty() || ending_ != Ending::none || blocked_since_ms_ != 0) return false;
  flush_ = Flush::none;
  return true;
}

// With TLS the frames wait until the handshake is done.
bool Socket::has_to_write() const {
  if (!tls_) return !outbox_.empty();
  return unsent() != 0 || (tls_->is_secured() && !outbox_.empty());
}

std::size_t Socket::unsent() const {
  return tls_->unsent();
}

void Socket::offer() {
  while (fd_ >= 0 && blocked_since_ms_ == 0 && has_to_write()) {
    if (!write_some(Failure::wait)) return;  // an error shows again in flush()
  }
}

// returns: false if no more can be written now, or at all.
bool Socket::write_some(Failure failure) {
  if (tls_) return write_sealed(failure);
  std::array<iovec, SendBatch::kGatherMax> pieces;
  std::size_t offered = 0;
  const std::size_t count = outbox_.gather(pieces, offered);
  ssize_t sent = 0;
  if (count == 1) {
    sent = ::send(fd_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
  } else {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  }
  if (sent >= 0) {
    outbox_.consume(static_cast<std::size_t>(sent));
    if (static_cast<std::size_t>(sent) == offered) return true;
    blocked();
    return false;
  }
  if (errno == EINTR) return true;
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    if (blocked_since_ms_ == 0) blocked();
  } else if (failure == Failure::end) {
    end(EndReason::reset);
  }
  return false;
}

bool Socket::write_sealed(Failure failure) {
  tls_->seal(outbox_);
  const TlsWire::Sent sent = tls_->is_dead() ? TlsWire::Sent::failed : tls_->send();
  switch (sent) {
    case TlsWire::Sent::all:
      if (!tls_->seal_waits()) return true;
      blocked();  // until more has come; meanwhile the peer counts as slow
      return false;
    case TlsWire::Sent::some:
      blocked();
      return false;
    case TlsWire::Sent::none:
      if (blocked_since_ms_ == 0) blocked();
      return false;
    case TlsWire::Sent::failed:
      if (failure == Failure::end) end(EndReason::reset);
      return false;
  }
  return false;
}

void Socket::blocked() {
  const bool is_new = blocked_since_ms_ == 0;
  blocked_since_ms_ = std::max<std::uint64_t>(loop_.now_ms(), 1);
  watch();
  if (is_new) events_->on_blocked();
}

// --- in ---

void Socket::pause_reading() {
  reading_ = false;
  watch();
}

void Socket::resume_reading() {
  reading_ = true;
  watch();
}

// Has the kernel tell of what may be left. A socket that is not reading is told when it reads
// again.
void Socket::watch_again() {
  if (fd_ < 0 || flush_ == Flush::lost || !watched_.readable) return;
  if (!loop_.ready_set().change(fd_, *this, watched_, watched_)) lose_sight();
}

void Socket::watch() {
  if (fd_ < 0 || flush_ == Flush::lost) return;
  // While TLS waits for the peer, room in the kernel changes nothing.
  const bool room_matters = !tls_ || !tls_->seal_waits();
  // TLS reads a bounded amount per turn, and must be told again of what is left (not `once`).
  const bool writable = blocked_since_ms_ != 0 && room_matters;
  const ReadySet::Interest wanted{
      .readable = reading_, .writable = writable, .once = !tls_ && (reading_ || writable)};
  if (wanted == watched_) return;
  if (!loop_.ready_set().change(fd_, *this, watched_, wanted)) return lose_sight();
  watched_ = wanted;
}

// The kernel has no memory to watch the socket with, and would never tell of it again: the stream
// is over.
void Socket::lose_sight() {
  if (flush_ == Flush::none) loop_.flush_queue().add(*this);
  flush_ = Flush::lost;
}

void Socket::on_ready(Readiness ready) try {
  const ReadySet& set = loop_.ready_set();
  const ReadyEvents* self = this;  // `this` may be gone after each call
  // Read first: a peer that has gone may have sent its last words.
  if (ready.readable && watched_.readable) {
    receive(ready.ended);
    if (!set.is_telling(self)) return;
  }
  if (ready.writable && watched_.writable && flush_ == Flush::none) flush();
} catch (const std::bad_alloc&) {
  // The owner's functions throw nothing, so this comes from the socket itself, which still lives.
  end(EndReason::reset);
}

// A receive that leaves room in the buffer has taken everything, except for the end of the stream.
void Socket::receive(bool to_the_end) {
  if (tls_) return receive_sealed();
  const ReadySet& ready = loop_.ready_set();
  const ReadyEvents* self = this;
  const auto buffer = loop_.receive_buffer();
  for (int i = 0; i < kReceivesMax && reading_; ++i) {
    const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (received == 0) return heard_the_end();
    if (received < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return end(EndReason::reset);
    }
    events_->on_receive(buffer.first(static_cast<std::size_t>(received)));
    if (!ready.is_telling(self)) return;
    if (tls_) return receive_sealed();  // the owner has called secure()
    if (static_cast<std::size_t>(received) < buffer.size() && !to_the_end) return;
  }
  watch_again();
}

// Everything that the kernel gave in this turn is decrypted and delivered, even if reading is paused
// meanwhile: the kernel would not tell of bytes that stay inside OpenSSL.
void Socket::receive_sealed() {
  const ReadySet& ready = loop_.ready_set();
  const ReadyEvents* self = this;
  const auto buffer = loop_.receive_buffer();
  tls_->begin_turn(buffer.size());
  if (!tls_->is_secured() && !shake_hands()) return;
  TlsSession::Step step;
  do {
    const TlsSession::Received received = tls_->receive(buffer);
    step = received.then;
    if (received.bytes == 0) continue;
    events_->on_receive(buffer.first(received.bytes));
    if (!ready.is_telling(self)) return;
  } while (step == TlsSession::Step::done);
  if (step == TlsSession::Step::closed) return heard_the_end();
  if (step != TlsSession::Step::waits) return end(reason_of(step));
  if (tls_->unsent() != 0) mark_dirty();  // answers of OpenSSL's own
  watch();
}

// returns: whether the stream is secured and `this` still lives.
bool Socket::shake_hands() {
  const ReadySet& ready = loop_.ready_set();
  const ReadyEvents* self = this;
  const TlsSession::Step step = tls_->handshake();
  switch (step) {
    case TlsSession::Step::done:
      mark_dirty();
      events_->on_secured();
      return ready.is_telling(self);
    case TlsSession::Step::waits:
      if (tls_->unsent() != 0) mark_dirty();
      return false;
    case TlsSession::Step::plaintext:
      tls_.reset();
      watch();
      events_->on_plaintext();
      return false;
    default:
      end(reason_of(step));
      return false;
  }
}

// The peer has said its last word, and may still read: what is queued leaves first. An owner that has
// called finish() is told of the end when everything has left; any other is told now, after what the
// kernel takes at once, because nobody would watch over the rest.
void Socket::heard_the_end() {
  if (ending_ == Ending::none || ending_ == Ending::fin_sent || !has_to_write()) {
    offer();
    return end(EndReason::eof);
  }
  ending_ = Ending::close;
  pause_reading();
  mark_dirty();
}

void Socket::end(EndReason reason) {
  if (tls_ && fd_ >= 0) say_goodbye(reason);
  close();
  events_->on_end(reason);  // `this` may be gone
}

// The last words of TLS, if the kernel takes them: close_notify, or the alert that says why.
void Socket::say_goodbye(EndReason reason) {
  tls_->finish();
  tls_->send();
  // Bytes left unread would turn the close into a reset, which may overtake the alert.
  const auto buffer = loop_.receive_buffer();
  if (reason == EndReason::tls_failed) ::recv(fd_, buffer.data(), buffer.size(), 0);
}

}  // namespace microframe::net
