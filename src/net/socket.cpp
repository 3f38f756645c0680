#include "net/socket.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "net/loop.hpp"

namespace microframe::net {
namespace {

constexpr std::size_t kGatherMax = 64;
// A full receive buffer is read again at once, so often at most; then others have their turn.
constexpr int kReceivesMax = 4;

}  // namespace

Socket::Socket(Loop& loop, int fd, SocketEvents& events) : loop_(loop), events_(&events), fd_(fd) {
  watch();
}

Socket::~Socket() {
  if (dirty_) loop_.forget_dirty(*this);
  close();
}

void Socket::close() {
  if (fd_ < 0) return;
  ReadySet& ready = loop_.ready_set();
  // Taken out by name: closing would do that too, unless a child of the process holds the descriptor still.
  if (!watched_.none()) ready.change(fd_, *this, watched_, {});
  ready.forget(*this);
  ::close(std::exchange(fd_, -1));
}

// --- out ---

void Socket::send(base::SharedBuffer frame) {
  if (fd_ < 0 || finishing_ || frame.size() == 0) return;
  outbox_.push(std::move(frame));
  mark_dirty();
}

void Socket::send_urgent(base::SharedBuffer frame) {
  if (fd_ < 0 || finishing_ || frame.size() == 0) return;
  outbox_.push_urgent(std::move(frame));
  mark_dirty();
}

void Socket::finish() {
  if (fd_ < 0 || finishing_) return;
  finishing_ = true;
  mark_dirty();
}

void Socket::finish_and_close() {
  if (fd_ < 0) return;
  closing_ = finishing_ = true;
  mark_dirty();
}

void Socket::mark_dirty() {
  // While the kernel takes nothing, its readiness will bring us back.
  if (dirty_ || blocked_since_ms_ != 0) return;
  dirty_ = true;
  loop_.mark_dirty(*this);
}

// Called by the loop, or when the kernel takes bytes again.
void Socket::flush() {
  dirty_ = false;
  if (fd_ < 0) return;
  if (broken_) return end(EndReason::reset);
  while (!outbox_.empty()) {
    if (!write_some(Failure::end)) return;
  }
  if (closing_) return end(EndReason::eof);
  const bool was_blocked = std::exchange(blocked_since_ms_, 0) != 0;
  if (was_blocked) watch();
  if (finishing_ && !std::exchange(finished_, true)) ::shutdown(fd_, SHUT_WR);
  if (was_blocked) events_->on_drained();
}

void Socket::offer() {
  while (fd_ >= 0 && blocked_since_ms_ == 0 && !outbox_.empty()) {
    if (!write_some(Failure::wait)) return;  // an error shows again at the flush
  }
}

// returns: false if no more can be written now, or ever.
bool Socket::write_some(Failure failure) {
  std::array<iovec, kGatherMax> pieces;
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

void Socket::watch() {
  if (fd_ < 0 || broken_) return;
  const ReadySet::Interest wanted{.readable = reading_, .writable = blocked_since_ms_ != 0};
  if (wanted == watched_) return;
  // Without memory in the kernel nothing would ever be told of this socket again: the stream is over.
  broken_ = !loop_.ready_set().change(fd_, *this, watched_, wanted);
  if (!broken_) {
    watched_ = wanted;
  } else if (!std::exchange(dirty_, true)) {
    loop_.mark_dirty(*this);
  }
}

void Socket::on_ready(bool readable, bool writable) {
  const ReadySet& ready = loop_.ready_set();
  const ReadyEvents* self = this;  // may be gone after each call
  // First what came: a peer that has gone may have sent its last words.
  if (readable && watched_.readable) {
    receive();
    if (!ready.is_telling(self)) return;
  }
  if (writable && watched_.writable && !dirty_) flush();
}

void Socket::receive() {
  const ReadySet& ready = loop_.ready_set();
  const ReadyEvents* self = this;
  const auto buffer = loop_.receive_buffer();
  for (int i = 0; i < kReceivesMax && reading_; ++i) {
    const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (received == 0) return end(EndReason::eof);
    if (received < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return;
      return end(EndReason::reset);
    }
    events_->on_receive(buffer.first(static_cast<std::size_t>(received)));
    if (!ready.is_telling(self) || static_cast<std::size_t>(received) < buffer.size()) return;
  }
}

void Socket::end(EndReason reason) {
  close();
  events_->on_end(reason);  // `this` may be gone
}

}  // namespace microframe::net
