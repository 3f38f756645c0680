#include "net/preface.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <new>
#include <utility>

#include "net/loop.hpp"

namespace microframe::net {
namespace {

constexpr std::size_t kPeekBytes = 4096;

}  // namespace

Preface::Preface(Loop& loop, Descriptor fd, PrefaceEvents& events)
    : loop_(loop), events_(events), fd_(std::move(fd)) {
  watch(true);
}

Preface::~Preface() {
  if (fd_.get() < 0) return;
  watch(false);
  loop_.ready_set().forget(*this);
}

// If the kernel has no memory to watch the descriptor, nothing is ever told: the owner's deadline
// ends the connection.
void Preface::watch(bool readable) {
  loop_.ready_set().change(fd_.get(), *this, {.readable = !readable}, {.readable = readable});
}

void Preface::on_ready(Readiness) try {
  const auto buffer = loop_.receive_buffer().first(kPeekBytes);
  const ssize_t received = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_PEEK);
  if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (received <= 0) return events_.on_preface_end(held_.empty());  // `this` may be gone
  const base::Bytes peeked = buffer.first(static_cast<std::size_t>(received));
  const ReadySet& ready = loop_.ready_set();
  const ReadyEvents* self = this;
  const base::Bytes so_far = gather(peeked);
  events_.on_preface(so_far);
  if (!ready.is_telling(self)) return;
  if (held_.empty()) held_.assign(peeked.begin(), peeked.end());
  // Take the bytes out of the kernel, which would tell of them again and again.
  consume(peeked.size());
  taken_ = held_.size();
} catch (const std::bad_alloc&) {  // the preface's own: its owner's functions throw nothing
  events_.on_preface_end(held_.empty());
}

// The usual preface comes whole, and is read where it lies.
base::Bytes Preface::gather(base::Bytes peeked) {
  if (held_.empty()) return peeked;
  held_.insert(held_.end(), peeked.begin(), peeked.end());
  return held_;
}

void Preface::consume(std::size_t size) {
  std::byte dropped[kPeekBytes];
  while (size != 0) {
    const ssize_t received = ::recv(fd_.get(), dropped, std::min(size, sizeof dropped), 0);
    if (received <= 0) return;  // a reset, which the next reader of the stream sees
    size -= static_cast<std::size_t>(received);
  }
}

Descriptor Preface::release(std::size_t size) {
  assert(fd_.get() >= 0);
  assert(size >= taken_);
  consume(size - taken_);
  watch(false);
  loop_.ready_set().forget(*this);
  return std::move(fd_);
}

}  // namespace microframe::net
