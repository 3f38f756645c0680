#include "net/connector.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "net/handle.hpp"
#include "net/loop.hpp"

namespace microframe::net {

// The resolver's request, the addresses, and the descriptor being connected. An attempt deletes
// itself when it is done and nobody waits.
struct Connector::Attempt {
  struct Poll {
    uv_poll_t uv;
    Attempt* attempt;
    void (*release)(Poll*);
  };

  Attempt(Loop& on, Address to, Done then)
      : loop(on), address(std::move(to)), done(std::move(then)) {}
  ~Attempt() {
    if (found) uv_freeaddrinfo(found);
  }

  void begin();
  template <class Action>
  void guarded(Action&& action);
  void resolved(int status);
  void try_next();
  void try_unix();
  bool try_address(const sockaddr& where, socklen_t size);
  void connected_or_not();
  void finish(int result, std::string error);
  void give_up();

  Loop& loop;
  const Address address;
  Done done;  // empty once told or given up
  uv_getaddrinfo_t resolve{};
  bool resolving = false;
  addrinfo* found = nullptr;
  addrinfo* next = nullptr;
  int fd = -1;
  Poll* poll = nullptr;
  int last_error = 0;
};

void Connector::Attempt::begin() {
  if (address.is_unix()) return loop.post([this] { try_unix(); });
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  resolve.data = this;
  resolving = true;
  const int failed = uv_getaddrinfo(
      loop.handle(), &resolve,
      [](uv_getaddrinfo_t* request, int status, addrinfo* result) {
        auto* self = static_cast<Attempt*>(request->data);
        self->found = self->next = result;
        self->guarded([&] { self->resolved(status); });
      },
      address.host.c_str(), std::to_string(address.port).c_str(), &hints);
  // uv_getaddrinfo refuses some names at once, and then does not call back.
  if (failed != 0) loop.post([this, failed] { resolved(failed); });
}

// No exception crosses libuv: if memory runs out, the attempt has failed, unless its end was told
// already.
template <class Action>
void Connector::Attempt::guarded(Action&& action) {
  try {
    action();
  } catch (const std::bad_alloc&) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
    finish(-1, "no memory");
  }
}

void Connector::Attempt::resolved(int status) {
  resolving = false;
  if (!done) return delete this;
  if (status != 0) return finish(-1, "cannot find " + address.host + ": " + uv_strerror(status));
  try_next();
}

void Connector::Attempt::try_unix() {
  if (!done) return delete this;
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::memcpy(where.sun_path, address.unix_path.data(), address.unix_path.size());
  if (!try_address(reinterpret_cast<const sockaddr&>(where), sizeof where)) try_next();
}

void Connector::Attempt::try_next() {
  while (next) {
    const addrinfo& where = *std::exchange(next, next->ai_next);
    if (try_address(*where.ai_addr, where.ai_addrlen)) return;
  }
  finish(-1, "cannot connect to " + to_string(address, address.port) + ": " +
                 std::strerror(last_error));
}

// returns: whether the connection is under way.
bool Connector::Attempt::try_address(const sockaddr& where, socklen_t size) {
  fd = ::socket(where.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0 && (::connect(fd, &where, size) == 0 || errno == EINPROGRESS)) {
    std::unique_ptr<Poll> made(new Poll{{}, this, nullptr});
    const int failed = uv_poll_init(loop.handle(), &made->uv, fd);
    if (failed != 0) {
      last_error = -failed;
      ::close(std::exchange(fd, -1));
      return false;
    }
    poll = made.release();
    poll->uv.data = poll;
    uv_poll_start(&poll->uv, UV_WRITABLE, [](uv_poll_t* uv, int, int) {
      if (auto* attempt = static_cast<Poll*>(uv->data)->attempt)
        attempt->guarded([&] { attempt->connected_or_not(); });
    });
    return true;
  }
  last_error = errno;
  if (fd >= 0) ::close(std::exchange(fd, -1));
  return false;
}

void Connector::Attempt::connected_or_not() {
  socklen_t size = sizeof last_error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &last_error, &size);
  Poll* finished = std::exchange(poll, nullptr);
  finished->attempt = nullptr;
  uv_poll_stop(&finished->uv);
  close_handle<Poll>(finished, [](Poll* closed) { delete closed; });
  if (last_error != 0) {
    ::close(std::exchange(fd, -1));
    return try_next();
  }
  const int on = 1;
  if (!address.is_unix()) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  finish(std::exchange(fd, -1), {});
}

void Connector::Attempt::finish(int result, std::string error) {
  const Done tell = std::exchange(done, {});
  if (tell) tell(result, std::move(error));  // the Connector may be destroyed in there
}

void Connector::Attempt::give_up() {
  if (poll) {
    poll->attempt = nullptr;
    close_handle<Poll>(poll, [](Poll* closed) { delete closed; });
  }
  if (fd >= 0) ::close(fd);
  const bool later = resolving || (address.is_unix() && done && fd < 0);
  done = {};
  if (!later) delete this;  // else libuv or the posted start still holds it
}

Connector::Connector(Loop& loop, Address address, Done done)
    : attempt_(new Attempt(loop, std::move(address), std::move(done))) {
  try {
    attempt_->begin();
  } catch (...) {
    delete attempt_;
    throw;
  }
}

Connector::~Connector() {
  attempt_->give_up();
}

}  // namespace microframe::net
