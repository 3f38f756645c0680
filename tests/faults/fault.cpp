#include "faults/fault.hpp"

#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <initializer_list>

#include "microframe/detail/scheduler.hpp"
#include "support/counted_heap.hpp"

namespace test {
namespace {

std::atomic<bool> armed{false};
std::atomic<std::size_t> counted{0};
std::atomic<std::size_t> struck{0};
std::atomic<const char*> struck_call{""};
std::atomic<int> struck_error{0};
Fault fault;

// Whether the event that happens now, on this thread, is one that fails.
bool strikes(Fault::Kind kind) {
  if (!armed.load(std::memory_order_acquire) || fault.kind != kind) return false;
  if (!microframe::detail::Scheduler::current()) return false;
  const std::size_t number = counted.fetch_add(1) + 1;
  const bool again = fault.every != 0 && number > fault.at && (number - fault.at) % fault.every == 0;
  if (number != fault.at && !again) return false;
  ++struck;
  return true;
}

bool refuse_allocation() {
  if (!strikes(Fault::Kind::allocation)) return false;
  struck_call = "allocation";
  struck_error = ENOMEM;
  return true;
}

// The error that the call is to give instead; 0 where it is to go on.
int refuse_call(const char* name, std::initializer_list<int> errors) {
  if (!strikes(Fault::Kind::system_call)) return 0;
  struck_call = name;
  struck_error = *(errors.begin() + fault.variant % errors.size());
  return struck_error;
}

}  // namespace

void arm(const Fault& with) {
  fault = with;
  counted = 0;
  struck = 0;
  heap_refuses = &refuse_allocation;
  armed.store(true, std::memory_order_release);
}

std::size_t disarm() {
  armed = false;
  return struck;
}

std::string last_struck() {
  return std::string(struck_call) + ": " + std::strerror(struck_error);
}

}  // namespace test

// The linker sends the library's calls here (--wrap).
using test::refuse_call;
#define MICROFRAME_WRAP(name, result, parameters, arguments, ...) \
  result __real_##name parameters;                                \
  result __wrap_##name parameters {                               \
    if (const int error = refuse_call(#name, {__VA_ARGS__})) {    \
      errno = error;                                              \
      return -1;                                                  \
    }                                                             \
    return __real_##name arguments;                               \
  }

extern "C" {
MICROFRAME_WRAP(recv, ssize_t, (int fd, void* to, size_t size, int flags), (fd, to, size, flags), EINTR,
                EAGAIN, ECONNRESET, ENOMEM)
MICROFRAME_WRAP(send, ssize_t, (int fd, const void* from, size_t size, int flags), (fd, from, size, flags),
                EINTR, EAGAIN, ECONNRESET, ENOBUFS, EPIPE)
MICROFRAME_WRAP(sendmsg, ssize_t, (int fd, const msghdr* message, int flags), (fd, message, flags), EINTR,
                EAGAIN, ECONNRESET, ENOBUFS)
MICROFRAME_WRAP(accept4, int, (int fd, sockaddr* address, socklen_t* size, int flags),
                (fd, address, size, flags), EINTR, ECONNABORTED, EMFILE, ENOBUFS, ENOMEM)
MICROFRAME_WRAP(epoll_ctl, int, (int set, int operation, int fd, epoll_event* event),
                (set, operation, fd, event), ENOMEM, ENOSPC)
MICROFRAME_WRAP(epoll_wait, int, (int set, epoll_event* events, int count, int wait),
                (set, events, count, wait), EINTR)
MICROFRAME_WRAP(setsockopt, int, (int fd, int level, int name, const void* value, socklen_t size),
                (fd, level, name, value, size), ENOBUFS, EINVAL)
MICROFRAME_WRAP(socket, int, (int family, int type, int protocol), (family, type, protocol), EMFILE, ENOBUFS)
MICROFRAME_WRAP(connect, int, (int fd, const sockaddr* address, socklen_t size), (fd, address, size),
                ECONNREFUSED, ENETUNREACH, EAGAIN)
MICROFRAME_WRAP(shutdown, int, (int fd, int how), (fd, how), ENOTCONN)

// Linux has closed the descriptor also where it says EINTR.
int __real_close(int fd);
int __wrap_close(int fd) {
  const int error = refuse_call("close", {EINTR, EIO});
  const int result = __real_close(fd);
  if (error == 0) return result;
  errno = error;
  return -1;
}
}
