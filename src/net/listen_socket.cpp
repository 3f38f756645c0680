#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "microframe/config_error.hpp"
#include "net/listener.hpp"

namespace microframe::net {
namespace {

constexpr int kBacklog = 4096;

ConfigError cannot_listen(const Address& address, int error) {
  const std::string where = to_string(address, address.port);
  switch (error) {
    case EADDRINUSE:
      return ConfigError("cannot listen on " + where +
                         ": it is in use. Stop the other program, or listen elsewhere (--listen)");
    case EACCES:
      return ConfigError("cannot listen on " + where +
                         ": no permission. Use a port above 1023, or a directory you may write to");
    case EADDRNOTAVAIL:
      return ConfigError("cannot listen on " + where +
                         ": no interface of this machine has that address. Try :" +
                         std::to_string(address.port) + " for every interface");
    case ENOENT:
      return ConfigError("cannot listen on " + where +
                         ": there is no such directory. Make it first, or listen elsewhere");
    default:
      return ConfigError("cannot listen on " + where + ": " + std::strerror(error));
  }
}

// Closes the descriptor, unless it was released.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

AddressList resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string host = address.host.empty() ? "::" : address.host;
  const int error =
      ::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    throw ConfigError(
        "cannot listen on " + to_string(address, address.port) + ": " + ::gai_strerror(error) +
        ". Write an address of this machine, such as 127.0.0.1, or nothing for every interface");
  }
  return {found, &::freeaddrinfo};
}

// Binds, alone or with a port that others who ask for the same may share.
Descriptor bind_tcp(const Address& address, const addrinfo& where, std::uint16_t port,
                    bool shared) {
  Descriptor socket(::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) throw cannot_listen(address, errno);
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (shared) set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (where.ai_family == AF_INET6)
    set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, address.host.empty() ? 0 : 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, where.ai_addr, where.ai_addrlen);
  // The port has the same place in both families.
  reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&storage), where.ai_addrlen) != 0)
    throw cannot_listen(address, errno);
  return socket;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return ntohs(reinterpret_cast<sockaddr_in&>(storage).sin_port);
}

std::vector<ListenSocket> open_tcp(const Address& address, std::size_t count) {
  const AddressList where = resolve(address);
  std::uint16_t port = address.port;
  if (port != 0) {
    // With SO_REUSEPORT a second server of ours would take half of the connections: see first
    // whether the port is free.
    const Descriptor alone = bind_tcp(address, *where, port, false);
    if (::listen(alone.get(), 1) != 0) throw cannot_listen(address, errno);
  }
  std::vector<ListenSocket> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    Descriptor socket = bind_tcp(address, *where, port, true);
    if (::listen(socket.get(), kBacklog) != 0) throw cannot_listen(address, errno);
    if (port == 0) port = port_of(socket.get());
    sockets.emplace_back(socket.release(), port);
  }
  return sockets;
}

// Whether the path belongs to a stream socket that nobody listens on: a server that is gone has
// left it behind.
bool is_left_behind(const sockaddr_un& where) {
  struct stat found{};
  if (::lstat(where.sun_path, &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe.get() >= 0 &&
         ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 &&
         errno == ECONNREFUSED;
}

std::vector<ListenSocket> open_unix(const Address& address, std::size_t count) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::memcpy(where.sun_path, address.unix_path.data(), address.unix_path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&where);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) throw cannot_listen(address, errno);
  int bound = ::bind(socket.get(), generic, sizeof where);
  if (bound != 0 && errno == EADDRINUSE) {
    if (is_left_behind(where)) ::unlink(where.sun_path);
    bound = ::bind(socket.get(), generic, sizeof where);
  }
  if (bound != 0 || ::listen(socket.get(), kBacklog) != 0) throw cannot_listen(address, errno);
  std::vector<ListenSocket> sockets;
  for (std::size_t i = 1; i < count; ++i) {
    const int copy = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw cannot_listen(address, errno);
    sockets.emplace_back(copy, std::uint16_t{0});
  }
  sockets.emplace_back(socket.release(), std::uint16_t{0});
  return sockets;
}

}  // namespace

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(other.port_) {}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) ::close(fd_);
}

std::vector<ListenSocket> open_listen_sockets(const Address& address, std::size_t count) {
  return address.is_unix() ? open_unix(address, count) : open_tcp(address, count);
}

}  // namespace microframe::net
