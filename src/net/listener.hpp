// ListenSocket: an open listening descriptor. Listener: accepts from one on a loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/address.hpp"

namespace microframe::net {

class Loop;

// The file of a Unix socket. It is removed with the last ListenSocket that shares it, unless another
// server has put its own in its place by then.
class SocketFile {
 public:
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

 private:
  const std::string path_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;  // 0: the file is somebody else's
};

// Owns a bound, listening, non-blocking descriptor.
class ListenSocket {
 public:
  ListenSocket(int fd, std::uint16_t port, std::shared_ptr<const SocketFile> file = {})
      : fd_(fd), port_(port), file_(std::move(file)) {}
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket();

  int fd() const { return fd_; }
  // 0 for a Unix socket.
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_;
  std::shared_ptr<const SocketFile> file_;
};

// Opens `count` sockets on one address, one per loop: TCP sockets share the port by SO_REUSEPORT,
// so that the kernel spreads the connections; Unix sockets share one queue, and so do the sockets of
// systemd, of which there are `count` of each. Port 0 picks a free port, the same for all. A Unix
// socket's file is replaced if nobody listens there. Every interface is IPv4 alone where there is
// no IPv6.
// errors: ConfigError that says what to do: port in use, no permission, no such interface or host,
// path taken, or nothing from systemd.
std::vector<ListenSocket> open_listen_sockets(const Address& address, std::size_t count);

// Threading: the loop's. A listener is made and destroyed there, or while the loop stands still.
class Listener {
 public:
  // Takes over a connected, non-blocking descriptor, and throws nothing.
  using Accept = std::function<void(int fd, const PeerAddress& peer)>;

  // rests: called when no descriptor is left for a connection that waits.
  Listener(Loop& loop, ListenSocket socket, Accept accept, std::function<void()> rests);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  struct Poll;

  void watch();
  void accept_some();
  void rest();

  Loop& loop_;
  ListenSocket socket_;
  Accept accept_;
  std::function<void()> rests_;
  Poll* poll_;  // lives on until libuv lets it go
  std::shared_ptr<Listener*> self_;
};

}  // namespace microframe::net
