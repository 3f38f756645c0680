#include "chaos/line.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace chaos {
namespace {

// How long to wait for the answer to a handshake that comes twice.
constexpr milliseconds kAnswered{200};

void sooner(std::optional<Time>& earliest, const std::optional<Time>& other) {
  if (other && (!earliest || *other < *earliest)) earliest = other;
}

}  // namespace

Line::Line(std::uint16_t server_port, std::uint64_t seed, std::size_t number)
    : server_port_(server_port),
      listen_fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      weather_(seed, number) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listen_fd_, 64) != 0 ||
      ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the proxy cannot listen");
  port_ = ntohs(address.sin_port);
}

Line::~Line() {
  ::close(listen_fd_);
  for (const Ghost& ghost : ghosts_) reset(ghost.fd);
  for (const Twice& twice : twice_) {
    reset(twice.client);
    if (twice.first >= 0) reset(twice.first);
  }
}

std::array<unsigned, Fault::kKinds> Line::faults() const {
  std::array<unsigned, Fault::kKinds> result{};
  std::copy(faults_.begin(), faults_.end(), result.begin());
  return result;
}

void Line::calm() {
  calm_ = true;
  next_fault_.reset();
  duplicate_.reset();
  late_ = {};
  out_until_ = {};
  for (Wire& wire : wires_) wire.calm();
}

void Line::pass(Time now) {
  if (next_fault_ && *next_fault_ <= now) {
    befall(weather_.next(), now);
    next_fault_ = now + weather_.pause();
  }
  for (auto ghost = ghosts_.begin(); ghost != ghosts_.end();) {
    if (ghost->until <= now) reset(ghost->fd);
    ghost = ghost->until <= now ? ghosts_.erase(ghost) : std::next(ghost);
  }
}

void Line::befall(Fault fault, Time now) {
  if (fault.kind == Fault::Kind::duplicate || fault.kind == Fault::Kind::late) {
    if (fault.kind == Fault::Kind::late) {
      late_ = fault.lasts;
    } else {
      duplicate_ = fault;
    }
    // How long to wait for another handshake.
    fault.kind = Fault::Kind::reset;
    fault.ends = Ends::both;
  }
  if (wires_.empty()) return;
  ++faults_[static_cast<std::size_t>(fault.kind)];
  if (fault.kind == Fault::Kind::outage) {
    fault.ends = Ends::both;
    out_until_ = now + fault.lasts;
    out_silently_ = fault.silently;
  }
  // The client holds on to the newest connection.
  wires_.back().befall(fault, now);
  if (wires_.back().is_dead()) dead_.splice(dead_.end(), wires_, std::prev(wires_.end()));
}

void Line::accept(Time now) {
  const int client = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int on = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!next_fault_ && !calm_) next_fault_ = now + weather_.pause();
  if (now < out_until_) {
    if (!out_silently_) return reset(client);
    dead_.emplace_back(client, -1);
  } else if (const auto duplicate = std::exchange(duplicate_, std::nullopt)) {
    Twice twice;
    twice.client = client;
    twice.ghost_last = duplicate->behind;
    twice.lasts = duplicate->lasts;
    twice_.push_back(std::move(twice));
  } else {
    join(client);
    if (late_.count() == 0 || wires_.empty()) return;
    ++faults_[static_cast<std::size_t>(Fault::Kind::late)];
    Fault late;
    late.kind = Fault::Kind::stall;
    late.ends = Ends::client;
    late.lasts = std::exchange(late_, milliseconds(0));
    wires_.back().befall(late, now);
  }
}

void Line::join(int client) {
  const int server = connect_to(server_port_);
  if (server < 0) return reset(client);
  wires_.emplace_back(client, server);
}

bool Line::read_head(Twice& twice) {
  char bytes[4096];
  const ssize_t size = ::recv(twice.client, bytes, sizeof bytes, MSG_DONTWAIT);
  if (size > 0) twice.head.append(bytes, static_cast<std::size_t>(size));
  return size > 0;
}

int Line::send_head(const Twice& twice) const {
  const int server = connect_to(server_port_);
  if (server >= 0) ::send(server, twice.head.data(), twice.head.size(), MSG_NOSIGNAL);
  return server;
}

// The first handshake has its answer, or had time for it, before the second arrives: so it is
// known which one evicts the other.
void Line::go_on(Twice& twice, bool is_ready, Time now) {
  if (twice.first < 0) {
    if (!is_ready) return;
    if (!read_head(twice)) return reset(std::exchange(twice.client, -1));
    if (!twice.head.ends_with("\r\n\r\n")) return;
    twice.first = send_head(twice);
    if (twice.first < 0) return reset(std::exchange(twice.client, -1));
    twice.give_up = now + kAnswered;
    ++faults_[static_cast<std::size_t>(Fault::Kind::duplicate)];
  } else if (is_ready || twice.give_up <= now) {
    const int second = send_head(twice);
    const int client = std::exchange(twice.client, -1);
    if (second < 0) {
      reset(twice.first);
      return reset(client);
    }
    ghosts_.push_back({twice.ghost_last ? second : twice.first, now + twice.lasts});
    wires_.emplace_back(client, twice.ghost_last ? twice.first : second);
  }
}

void Line::add_to(std::vector<pollfd>& wait, Time now) const {
  wait.push_back({listen_fd_, POLLIN, 0});
  for (const Twice& twice : twice_)
    wait.push_back({twice.first < 0 ? twice.client : twice.first, POLLIN, 0});
  for (const Wire& wire : wires_) {
    wait.push_back(wire.client_wish(now));
    wait.push_back(wire.server_wish(now));
  }
}

void Line::take(const pollfd* answers, Time now) {
  const pollfd& arrival = *answers++;
  const std::size_t wires = wires_.size();
  const pollfd* of_wires = answers + twice_.size();
  for (auto twice = twice_.begin(); twice != twice_.end();) {
    go_on(*twice, (answers++)->revents != 0, now);
    twice = twice->client < 0 ? twice_.erase(twice) : std::next(twice);
  }
  // Connections that came meanwhile are behind them.
  auto wire = wires_.begin();
  for (std::size_t n = 0; n < wires; ++n, of_wires += 2) {
    wire->move(of_wires[0], of_wires[1], now);
    wire = wire->is_over() ? wires_.erase(wire) : std::next(wire);
  }
  if (arrival.revents != 0) accept(now);
}

std::optional<Time> Line::wakes(Time now) const {
  std::optional<Time> earliest = next_fault_;
  for (const Ghost& ghost : ghosts_) sooner(earliest, ghost.until);
  for (const Twice& twice : twice_)
    if (twice.first >= 0) sooner(earliest, twice.give_up);
  for (const Wire& wire : wires_) sooner(earliest, wire.wakes(now));
  return earliest;
}

}  // namespace chaos
