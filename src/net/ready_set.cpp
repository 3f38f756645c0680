#include "net/ready_set.hpp"

#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

#include "microframe/config_error.hpp"

namespace microframe::net {

ReadySet::ReadySet(uv_loop_s* loop)
    : fd_(::epoll_create1(EPOLL_CLOEXEC)),
      poll_(new uv_poll_t),
      ready_(new epoll_event[kEventsMax]) {
  if (fd_ < 0 || uv_poll_init(loop, poll_, fd_) != 0) {
    delete poll_;
    if (fd_ >= 0) ::close(fd_);
    throw ConfigError(
        "cannot start an event loop: out of descriptors. Raise the limit of open files (ulimit "
        "-n)");
  }
  poll_->data = this;
  uv_poll_start(poll_, UV_READABLE,
                [](uv_poll_t* poll, int, int) { static_cast<ReadySet*>(poll->data)->tell(); });
}

// The loop has ended by now, and has closed the handle.
ReadySet::~ReadySet() {
  delete poll_;
  ::close(fd_);
}

bool ReadySet::change(int fd, ReadyEvents& events, Interest watched, Interest wanted) {
  epoll_event event{};
  if (wanted.readable) event.events |= EPOLLIN;
  if (wanted.writable) event.events |= EPOLLOUT;
  if (wanted.once) event.events |= EPOLLET | EPOLLRDHUP;
  event.data.ptr = &events;
  const int operation = wanted.none()    ? EPOLL_CTL_DEL
                        : watched.none() ? EPOLL_CTL_ADD
                                         : EPOLL_CTL_MOD;
  return ::epoll_ctl(fd_, operation, fd, &event) == 0;
}

void ReadySet::forget(const ReadyEvents& events) {
  if (telling_ == &events) telling_ = nullptr;
  for (std::size_t i = next_; i < ready_count_; ++i) {
    if (ready_[i].data.ptr == &events) ready_[i].data.ptr = nullptr;
  }
}

// Tells one batch: if more is ready, libuv calls again in the next iteration.
void ReadySet::tell() {
  const int count = ::epoll_wait(fd_, ready_.get(), static_cast<int>(kEventsMax), 0);
  if (count <= 0) return;
  ready_count_ = static_cast<std::size_t>(count);
  for (next_ = 0; next_ < ready_count_;) {
    const epoll_event& event = ready_[next_++];
    auto* events = static_cast<ReadyEvents*>(event.data.ptr);
    if (!events) continue;
    const bool failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    telling_ = events;
    events->on_ready({.readable = failed || (event.events & EPOLLIN) != 0,
                      .writable = failed || (event.events & EPOLLOUT) != 0,
                      .ended = failed || (event.events & EPOLLRDHUP) != 0});
  }
  telling_ = nullptr;
  ready_count_ = next_ = 0;
}

}  // namespace microframe::net
