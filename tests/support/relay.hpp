// Relay: a wire between clients and a server that a test can cut. Threading: any; a thread of its
// own moves the bytes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace test {

class Relay {
 public:
  explicit Relay(std::uint16_t server_port) : Relay(std::vector<std::uint16_t>{server_port}) {}
  // Those who come are connected to the servers in turn, past those that do not listen.
  explicit Relay(std::vector<std::uint16_t> server_ports)
      : server_ports_(std::move(server_ports)), server_port_(server_ports_.front()) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listen_fd_, 256) != 0 ||
        ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("the relay cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Relay() {
    ending_ = true;
    ::eventfd_write(wake_fd_, 1);
    thread_.join();
    ::close(listen_fd_);
    ::close(wake_fd_);
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::uint16_t port() const { return port_; }
  // How many have come, in all.
  int connections() const { return connections_; }
  // Breaks every connection there is, with what is on its way.
  void cut() {
    cuts_ += 1;
    ::eventfd_write(wake_fd_, 1);
  }
  // From now on those who come are connected to another server; 0: to none, and are cut off.
  void lead_to(std::uint16_t server_port) { server_port_ = server_port; }
  // Nothing moves any more, and nobody is connected, as if the wire were out; until go_on().
  void hold() {
    held_ = true;
    ::eventfd_write(wake_fd_, 1);
  }
  void go_on() {
    held_ = false;
    ::eventfd_write(wake_fd_, 1);
  }

 private:
  struct Pair {
    int ends[2];
  };

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static void reset(int fd) {
    const linger abort{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    ::close(fd);
  }
  void drop(const Pair& pair) {
    reset(pair.ends[0]);
    reset(pair.ends[1]);
  }

  void run() {
    int cuts_seen = 0;
    while (!ending_) {
      std::vector<pollfd> wait = {{listen_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
      if (held_) wait.front().fd = -1;
      for (const Pair& pair : pairs_)
        for (const int fd : pair.ends) wait.push_back({held_ ? -1 : fd, POLLIN, 0});
      if (::poll(wait.data(), wait.size(), -1) <= 0) continue;
      eventfd_t woken = 0;
      if (wait[1].revents != 0) ::eventfd_read(wake_fd_, &woken);
      if (cuts_seen != cuts_) {
        cuts_seen = cuts_;
        for (const Pair& pair : pairs_) drop(pair);
        pairs_.clear();
        continue;
      }
      std::size_t at = 2;
      for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
        const bool lives = (wait[at].revents == 0 || move(pair->ends[0], pair->ends[1])) &&
                           (wait[at + 1].revents == 0 || move(pair->ends[1], pair->ends[0]));
        if (!lives) drop(*pair);
        pair = lives ? std::next(pair) : pairs_.erase(pair);
      }
      if (wait[0].revents != 0) accept();
    }
    for (const Pair& pair : pairs_) drop(pair);
  }

  void accept() {
    const int client = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    ++connections_;
    for (std::size_t tries = 0; tries < server_ports_.size(); ++tries) {
      const int server = connect_to(next_port());
      if (server >= 0) return pairs_.push_back({{client, server}});
    }
    reset(client);
  }
  std::uint16_t next_port() {
    if (server_ports_.size() == 1) return server_port_;
    return server_ports_[turn_++ % server_ports_.size()];
  }
  // returns: -1 if nobody listens.
  static int connect_to(std::uint16_t port) {
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool connected =
        port != 0 &&
        ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (connected) return server;
    ::close(server);
    return -1;
  }
  // returns: false at the end of either.
  static bool move(int from, int to) {
    char bytes[65536];
    const ssize_t size = ::recv(from, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    for (ssize_t sent = 0; sent < size;) {
      const ssize_t now =
          ::send(to, bytes + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
      if (now <= 0) return false;
      sent += now;
    }
    return true;
  }

  const int listen_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int wake_fd_ = ::eventfd(0, EFD_CLOEXEC);
  std::uint16_t port_ = 0;
  const std::vector<std::uint16_t> server_ports_;
  std::atomic<std::uint16_t> server_port_;  // where there is one
  std::size_t turn_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<bool> held_{false};
  std::atomic<int> cuts_{0};
  std::atomic<int> connections_{0};
  std::list<Pair> pairs_;
  std::thread thread_;
};

}  // namespace test
