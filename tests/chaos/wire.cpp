#include "chaos/wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace chaos {
namespace {

constexpr std::size_t kHeldMax = 64 * 1024;
// While the wire trickles: bytes per millisecond, each sent by itself.
constexpr std::size_t kTrickled = 12;

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return -1;
  }
  // A byte that is sent by itself must arrive by itself.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void reset(int fd) {
  const linger abort{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  ::close(fd);
}

// --- a direction ---

bool Flow::reads(Time now) const {
  return !stands(now) && !got_end_ && !broken_ && bytes_.size() < kHeldMax;
}

bool Flow::writes(Time now) const {
  if (stands(now) || broken_ || passed_end_) return false;
  if (bytes_.empty()) return got_end_;
  return !trickles(now) || now >= next_byte_;
}

std::optional<Time> Flow::wakes(Time now) const {
  if (muted_ || broken_ || passed_end_) return std::nullopt;
  if (now < stalled_until_) return stalled_until_;
  if (!bytes_.empty() && trickles(now)) return next_byte_;
  return std::nullopt;
}

void Flow::receive(int from) {
  char bytes[16 * 1024];
  const ssize_t size = ::recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
  if (size > 0) {
    bytes_.append(bytes, static_cast<std::size_t>(size));
  } else if (size == 0) {
    got_end_ = true;
  } else if (!would_block()) {
    broken_ = true;
  }
}

std::size_t Flow::push(int to, std::size_t size) {
  const ssize_t sent = ::send(to, bytes_.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && !would_block()) broken_ = true;
  if (sent <= 0) return 0;
  bytes_.erase(0, static_cast<std::size_t>(sent));
  return static_cast<std::size_t>(sent);
}

void Flow::send(int to, Time now) {
  if (trickles(now)) {
    for (std::size_t n = 0; n < kTrickled && !bytes_.empty() && push(to, 1) == 1; ++n) continue;
    next_byte_ = now + milliseconds(1);
  } else if (!bytes_.empty()) {
    push(to, bytes_.size());
  }
  if (!bytes_.empty() || !got_end_ || broken_) return;
  ::shutdown(to, SHUT_WR);
  passed_end_ = true;
}

// --- a wire ---

Wire::~Wire() {
  if (client_ >= 0) reset(client_);
  if (server_ >= 0) reset(server_);
}

void Wire::calm() {
  up_.calm();
  down_.calm();
}

void Wire::befall(const Fault& fault, Time now) {
  const bool client = concerns_client(fault.ends);
  const bool server = concerns_server(fault.ends);
  switch (fault.kind) {
    case Fault::Kind::reset:
    case Fault::Kind::outage:
      if (client) reset(std::exchange(client_, -1));
      if (server) reset(std::exchange(server_, -1));
      dead_ = true;
      return;
    case Fault::Kind::end:
      if (client) ::shutdown(client_, SHUT_WR);
      if (server) ::shutdown(server_, SHUT_WR);
      dead_ = true;
      return;
    case Fault::Kind::stall:
      if (client) up_.stall(now + fault.lasts);
      if (server) down_.stall(now + fault.lasts);
      return;
    case Fault::Kind::half_open:
      if (client) up_.mute();
      if (server) down_.mute();
      dead_ = client && server;
      return;
    case Fault::Kind::trickle:
      if (client) up_.trickle(now + fault.lasts);
      if (server) down_.trickle(now + fault.lasts);
      return;
    case Fault::Kind::duplicate:
    case Fault::Kind::late:
      return;  // the line does this at the next handshake
  }
}

pollfd Wire::wish(int fd, const Flow& from, const Flow& to, Time now) {
  short events = 0;
  if (from.reads(now)) events |= POLLIN;
  if (to.writes(now)) events |= POLLOUT;
  // poll(2) always reports a hang-up, again and again, even if it is of no interest now.
  return {events == 0 ? -1 : fd, events, 0};
}

std::optional<Time> Wire::wakes(Time now) const {
  const auto up = up_.wakes(now);
  const auto down = down_.wakes(now);
  return up && down ? std::min(*up, *down) : up ? up : down;
}

void Wire::move(const pollfd& client, const pollfd& server, Time now) {
  if (client.revents != 0 && up_.reads(now)) up_.receive(client_);
  if (server.revents != 0 && down_.reads(now)) down_.receive(server_);
  if (up_.writes(now)) up_.send(server_, now);
  if (down_.writes(now)) down_.send(client_, now);
  // An RST is passed on as an RST.
  if (up_.is_broken() || down_.is_broken() || (up_.has_ended() && down_.has_ended())) over_ = true;
}

}  // namespace chaos
