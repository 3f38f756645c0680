#include "net/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cassert>
#include <cerrno>
#include <chrono>
#include <new>
#include <utility>

#include "base/log.hpp"
#include "net/handle.hpp"
#include "net/loop.hpp"

namespace microframe::net {
namespace {

// So many connections are accepted in a row; then everybody else on the loop has a turn.
constexpr int kAcceptsMax = 64;
constexpr std::chrono::milliseconds kRest{100};

}  // namespace

struct Listener::Poll {
  uv_poll_t uv;
  Listener* listener;
  void (*release)(Poll*);
};

Listener::Listener(Loop& loop, ListenSocket socket, Accept accept, std::function<void()> rests)
    : loop_(loop),
      socket_(std::move(socket)),
      accept_(std::move(accept)),
      rests_(std::move(rests)),
      poll_(new Poll{{}, this, nullptr}),
      self_(std::make_shared<Listener*>(this)) {
  [[maybe_unused]] const int result = uv_poll_init(loop_.handle(), &poll_->uv, socket_.fd());
  assert(result == 0);
  poll_->uv.data = poll_;
  watch();
}

Listener::~Listener() {
  *self_ = nullptr;
  poll_->listener = nullptr;
  close_handle<Poll>(poll_, [](Poll* poll) { delete poll; });
}

void Listener::watch() {
  uv_poll_start(&poll_->uv, UV_READABLE, [](uv_poll_t* uv, int, int) {
    if (auto* listener = static_cast<Poll*>(uv->data)->listener) listener->accept_some();
  });
}

void Listener::accept_some() {
  loop_.update_now();  // the deadlines of the new connections count from here
  for (int i = 0; i < kAcceptsMax; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    const int fd = ::accept4(socket_.fd(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      try {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) rest();
      } catch (const std::bad_alloc&) {  // the listener is still watched, and comes here again
      }
      return;
    }
    const int on = 1;
    if (storage.ss_family != AF_UNIX) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    accept_(fd, PeerAddress(*address));
  }
}

// Out of descriptors: the connection stays queued and the listener readable, so looking again at
// once would spin.
void Listener::rest() {
  base::log::limited(
      base::log::Level::error, "out of descriptors",
      {{"advice", "raise the limit of open files (ulimit -n), or lower Limits::connections_max"}});
  rests_();
  // First, because it may fail, and a listener that rests for ever would be deaf.
  loop_.after(kRest, [self = self_] {
    if (*self) (*self)->watch();
  });
  uv_poll_stop(&poll_->uv);
}

}  // namespace microframe::net
