#include "faults/fault.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <mutex>

#include "microframe/detail/scheduler.hpp"
#include "support/counted_heap.hpp"

namespace test {
namespace {

std::atomic<bool> armed{false};
// A loop that comes late to a fault meets the next fault's arming.
std::mutex guard;
Fault armed_fault;
std::size_t counted = 0;
Outcome outcome_so_far;
const char* struck_call = "";
int struck_error = 0;

bool is_due(std::size_t number) {
  if (number < armed_fault.at) return false;
  return number == armed_fault.at ||
         (armed_fault.every != 0 && (number - armed_fault.at) % armed_fault.every == 0);
}

// returns: the error that the current event on this thread must give; 0 if the event must succeed.
int strike(Fault::Kind kind, const char* name, std::initializer_list<int> errors) {
  if (!armed.load(std::memory_order_acquire) || !microframe::detail::Scheduler::current()) return 0;
  const std::lock_guard lock(guard);
  if (!armed.load(std::memory_order_relaxed) || armed_fault.kind != kind || !is_due(++counted))
    return 0;
  ++outcome_so_far.due;
  // Another variant has already tested this call.
  if (armed_fault.variant >= errors.size()) return 0;
  ++outcome_so_far.struck;
  struck_call = name;
  struck_error = *(errors.begin() + armed_fault.variant);
  return struck_error;
}

bool refuse_allocation() {
  return strike(Fault::Kind::allocation, "allocation", {ENOMEM}) != 0;
}

int refuse_call(const char* name, std::initializer_list<int> errors) {
  return strike(Fault::Kind::system_call, name, errors);
}

// Runs before there are threads.
[[maybe_unused]] const bool kInstalled = (heap_refuses = &refuse_allocation) != nullptr;

}  // namespace

void arm(const Fault& with) {
  const std::lock_guard lock(guard);
  armed_fault = with;
  counted = 0;
  outcome_so_far = {};
  armed.store(true, std::memory_order_release);
}

Outcome disarm() {
  const std::lock_guard lock(guard);
  armed.store(false, std::memory_order_relaxed);
  return outcome_so_far;
}

std::string last_struck() {
  const std::lock_guard lock(guard);
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

struct io_uring;

extern "C" {
MICROFRAME_WRAP(recv, ssize_t, (int fd, void* to, size_t size, int flags), (fd, to, size, flags),
                EINTR, EAGAIN, ECONNRESET, ENOMEM)
MICROFRAME_WRAP(send, ssize_t, (int fd, const void* from, size_t size, int flags),
                (fd, from, size, flags), EINTR, EAGAIN, ECONNRESET, ENOBUFS, EPIPE)
MICROFRAME_WRAP(sendmsg, ssize_t, (int fd, const msghdr* message, int flags), (fd, message, flags),
                EINTR, EAGAIN, ECONNRESET, ENOBUFS)
MICROFRAME_WRAP(accept4, int, (int fd, sockaddr* address, socklen_t* size, int flags),
                (fd, address, size, flags), EINTR, ECONNABORTED, EMFILE, ENOBUFS, ENOMEM)
MICROFRAME_WRAP(epoll_ctl, int, (int set, int operation, int fd, epoll_event* event),
                (set, operation, fd, event), ENOMEM, ENOSPC)
MICROFRAME_WRAP(epoll_wait, int, (int set, epoll_event* events, int count, int wait),
                (set, events, count, wait), EINTR)
MICROFRAME_WRAP(setsockopt, int, (int fd, int level, int name, const void* value, socklen_t size),
                (fd, level, name, value, size), ENOBUFS, EINVAL)
MICROFRAME_WRAP(socket, int, (int family, int type, int protocol), (family, type, protocol), EMFILE,
                ENOBUFS)
MICROFRAME_WRAP(connect, int, (int fd, const sockaddr* address, socklen_t size),
                (fd, address, size), ECONNREFUSED, ENETUNREACH, EAGAIN)
MICROFRAME_WRAP(shutdown, int, (int fd, int how), (fd, how), ENOTCONN)

// This call returns its error.
int __real_io_uring_submit_and_wait(io_uring* ring, unsigned wait);
int __wrap_io_uring_submit_and_wait(io_uring* ring, unsigned wait) {
  const int error = refuse_call("io_uring_submit_and_wait", {EINTR, EBUSY, ENOMEM});
  return error != 0 ? -error : __real_io_uring_submit_and_wait(ring, wait);
}

// Linux has closed the descriptor even if it returns EINTR.
int __real_close(int fd);
int __wrap_close(int fd) {
  const int error = refuse_call("close", {EINTR, EIO});
  const int result = __real_close(fd);
  if (error == 0) return result;
  errno = error;
  return -1;
}
}
