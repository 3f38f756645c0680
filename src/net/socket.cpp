#include "net/socket.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include "net/handle.hpp"
#include "net/loop.hpp"

namespace microframe::net {
namespace {

constexpr std::size_t kGatherMax = 64;
// A full receive buffer is read again at once, so often at most; then others have their turn.
constexpr int kReceivesMax = 4;

}  // namespace

// libuv's handle outlives the socket by the iteration that closing takes.
struct Socket::Poll {
  uv_poll_t uv;
  Socket* socket;
  int fd;
  void (*release)(Poll*);
};

Socket::Socket(Loop& loop, int fd, SocketEvents& events)
    : loop_(loop), events_(&events), poll_(new Poll{{}, this, fd, nullptr}), fd_(fd) {
  [[maybe_unused]] const int result = uv_poll_init(loop_.handle(), &poll_->uv, fd);
  assert(result == 0);
  poll_->uv.data = poll_;
  watch();
}

Socket::~Socket() {
  if (dirty_) loop_.forget_dirty(*this);
  release_poll();
}

void Socket::release_poll() {
  if (!poll_) return;
  Poll* poll = std::exchange(poll_, nullptr);
  poll->socket = nullptr;
  close_handle<Poll>(poll, [](Poll* closed) {
    ::close(closed->fd);
    delete closed;
  });
}

// --- out ---

void Socket::send(base::SharedBuffer frame) {
  if (!poll_ || finishing_ || frame.size() == 0) return;
  outbox_.push(std::move(frame));
  mark_dirty();
}

void Socket::send_urgent(base::SharedBuffer frame) {
  if (!poll_ || finishing_ || frame.size() == 0) return;
  outbox_.push_urgent(std::move(frame));
  mark_dirty();
}

void Socket::finish() {
  if (!poll_ || finishing_) return;
  finishing_ = true;
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
  while (!outbox_.empty()) {
    if (!write_some()) return;
  }
  const bool was_blocked = std::exchange(blocked_since_ms_, 0) != 0;
  if (was_blocked) watch();
  if (finishing_ && !std::exchange(finished_, true)) ::shutdown(fd_, SHUT_WR);
  if (was_blocked) events_->on_drained();
}

// returns: false if no more can be written now, or ever.
bool Socket::write_some() {
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
  } else {
    end(EndReason::reset);
  }
  return false;
}

void Socket::blocked() {
  blocked_since_ms_ = std::max<std::uint64_t>(loop_.now_ms(), 1);
  watch();
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
  if (!poll_) return;
  const int wanted = (reading_ ? UV_READABLE : 0) | (blocked_since_ms_ != 0 ? UV_WRITABLE : 0);
  if (wanted == watched_) return;
  watched_ = static_cast<std::uint8_t>(wanted);
  uv_poll_start(&poll_->uv, wanted, [](uv_poll_t* uv, int status, int events) {
    if (auto* socket = static_cast<Poll*>(uv->data)->socket) socket->on_poll(status, events);
  });
}

void Socket::on_poll(int status, int events) {
  Poll& poll = *poll_;  // outlives `this`, should a callback destroy it
  if (status < 0) return end(EndReason::reset);
  if (events & UV_WRITABLE) {
    flush();
    if (!poll.socket) return;
  }
  if (events & UV_READABLE) receive();
}

void Socket::receive() {
  Poll& poll = *poll_;
  const auto buffer = loop_.receive_buffer();
  for (int i = 0; i < kReceivesMax && reading_; ++i) {
    const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (received == 0) return end(EndReason::eof);
    if (received < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return;
      return end(EndReason::reset);
    }
    events_->on_receive(buffer.first(static_cast<std::size_t>(received)));
    if (!poll.socket || static_cast<std::size_t>(received) < buffer.size()) return;
  }
}

void Socket::end(EndReason reason) {
  release_poll();
  events_->on_end(reason);  // `this` may be gone
}

}  // namespace microframe::net
