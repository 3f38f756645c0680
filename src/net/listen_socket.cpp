#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "microframe/config_error.hpp"
#include "net/descriptor.hpp"
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
    case EMFILE:
      return ConfigError("cannot listen on " + where +
                         ": out of descriptors. Raise the limit of open files (ulimit -n)");
    case ENOENT:
      return ConfigError("cannot listen on " + where +
                         ": there is no such directory. Make it first, or listen elsewhere");
    default:
      return ConfigError("cannot listen on " + where + ": " + std::strerror(error));
  }
}

void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

AddressList resolve(const Address& address, const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
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
// returns: no descriptor, and errno, where that fails.
Descriptor try_bind(const Address& address, const addrinfo& where, std::uint16_t port,
                    bool shared) {
  Descriptor socket(::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return {};
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (shared) set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (where.ai_family == AF_INET6)
    set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, address.host.empty() ? 0 : 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, where.ai_addr, where.ai_addrlen);
  // The port has the same place in both families.
  reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&storage), where.ai_addrlen) == 0)
    return socket;
  const int error = errno;
  socket = {};
  errno = error;
  return {};
}

Descriptor bind_tcp(const Address& address, const addrinfo& where, std::uint16_t port,
                    bool shared) {
  Descriptor socket = try_bind(address, where, port, shared);
  if (socket.get() < 0) throw cannot_listen(address, errno);
  return socket;
}

// The first address of the host that this machine has: a name may have one of IPv6, and the kernel
// none, or only none of that family.
// errors: ConfigError if there is none.
AddressList find_bindable(const Address& address) {
  std::vector<std::string> hosts = {address.host};
  if (address.host.empty()) hosts = {"::", "0.0.0.0"};
  for (const std::string& host : hosts) {
    AddressList list = resolve(address, host);
    for (const addrinfo* where = list.get(); where; where = where->ai_next) {
      if (try_bind(address, *where, 0, false).get() >= 0) {
        while (list.get() != where) {
          addrinfo* next = list->ai_next;
          list->ai_next = nullptr;
          list.reset(next);
        }
        return list;
      }
      if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL) throw cannot_listen(address, errno);
    }
  }
  throw cannot_listen(address, EADDRNOTAVAIL);
}

std::uint16_t port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  if (storage.ss_family == AF_UNIX) return 0;
  return ntohs(reinterpret_cast<sockaddr_in&>(storage).sin_port);
}

std::vector<ListenSocket> open_tcp(const Address& address, std::size_t count) {
  const AddressList where = find_bindable(address);
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

// An address of the kernel's, and how much of it counts.
struct UnixName {
  sockaddr_un name{};
  socklen_t size = sizeof(sockaddr_un);

  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&name); }
};

UnixName unix_name(const Address& address) {
  UnixName where;
  where.name.sun_family = AF_UNIX;
  std::memcpy(where.name.sun_path, address.unix_path.data(), address.unix_path.size());
  if (address.is_abstract()) {  // unix(7): a zero, and a name that is as long as the size says
    where.name.sun_path[0] = 0;
    where.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.unix_path.size());
  }
  return where;
}

Descriptor unix_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// Whether the path belongs to a stream socket that nobody listens on: a server that is gone has
// left it behind.
bool is_left_behind(const UnixName& where) {
  struct stat found{};
  if (::lstat(where.name.sun_path, &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
  const Descriptor probe = unix_socket();
  return probe.get() >= 0 && ::connect(probe.get(), where.generic(), where.size) != 0 &&
         errno == ECONNREFUSED;
}

// The same queue for every loop.
void share(Descriptor socket, std::size_t count, const std::shared_ptr<const SocketFile>& file,
           const Address& address, std::vector<ListenSocket>& out) {
  const std::uint16_t port = port_of(socket.get());
  for (std::size_t i = 1; i < count; ++i) {
    const int copy = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw cannot_listen(address, errno);
    out.emplace_back(copy, port, file);
  }
  out.emplace_back(socket.release(), port, file);
}

std::vector<ListenSocket> open_unix(const Address& address, std::size_t count) {
  const UnixName where = unix_name(address);
  Descriptor socket = unix_socket();
  if (socket.get() < 0) throw cannot_listen(address, errno);
  int bound = ::bind(socket.get(), where.generic(), where.size);
  if (bound != 0 && errno == EADDRINUSE && !address.is_abstract()) {
    if (is_left_behind(where)) ::unlink(where.name.sun_path);
    bound = ::bind(socket.get(), where.generic(), where.size);
  }
  if (bound != 0) throw cannot_listen(address, errno);
  std::shared_ptr<const SocketFile> file;
  if (!address.is_abstract()) file = std::make_shared<const SocketFile>(address.unix_path);
  // Before listen(), so that nobody connects by permissions that are not meant.
  if (address.unix_mode && ::chmod(where.name.sun_path, *address.unix_mode) != 0)
    throw cannot_listen(address, errno);
  if (::listen(socket.get(), kBacklog) != 0) throw cannot_listen(address, errno);
  std::vector<ListenSocket> sockets;
  share(std::move(socket), count, file, address, sockets);
  return sockets;
}

// What systemd has handed over (sd_listen_fds(3)): descriptors from 3 on, so many as LISTEN_FDS says,
// if LISTEN_PID is this process. They are taken once.
std::vector<Descriptor> take_from_systemd() {
  constexpr int kFirst = 3;
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  std::vector<Descriptor> taken;
  if (pid && count && std::to_string(::getpid()) == pid) {
    for (int i = 0; i < std::atoi(count); ++i) taken.emplace_back(kFirst + i);
  }
  ::unsetenv("LISTEN_PID");
  ::unsetenv("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  return taken;
}

bool is_listening_stream(int fd) {
  const auto option = [fd](int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : 0;
  };
  return option(SO_ACCEPTCONN) != 0 && option(SO_TYPE) == SOCK_STREAM;
}

std::vector<ListenSocket> open_systemd(const Address& address, std::size_t count) {
  std::vector<Descriptor> taken = take_from_systemd();
  if (taken.empty()) {
    throw ConfigError(
        "systemd has handed over no socket: start this by a .socket unit, or listen elsewhere "
        "(--listen 127.0.0.1:8000)");
  }
  std::vector<ListenSocket> sockets;
  for (Descriptor& socket : taken) {
    const int fd = socket.get();
    if (!is_listening_stream(fd)) {
      throw ConfigError("descriptor " + std::to_string(fd) +
                        " of systemd does not listen: write ListenStream= and Accept=no into the "
                        ".socket unit");
    }
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    share(std::move(socket), count, nullptr, address, sockets);
  }
  return sockets;
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat found{};
  if (::lstat(path_.c_str(), &found) != 0) return;
  device_ = found.st_dev;
  inode_ = found.st_ino;
}

SocketFile::~SocketFile() {
  struct stat found{};
  const bool is_ours = inode_ != 0 && ::lstat(path_.c_str(), &found) == 0 &&
                       found.st_dev == device_ && found.st_ino == inode_;
  if (is_ours) ::unlink(path_.c_str());
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(other.port_), file_(std::move(other.file_)) {}

// The file first: a server that starts now must not find it with nobody behind it.
ListenSocket::~ListenSocket() {
  file_.reset();
  if (fd_ >= 0) ::close(fd_);
}

std::vector<ListenSocket> open_listen_sockets(const Address& address, std::size_t count) {
  if (address.systemd) return open_systemd(address, count);
  return address.is_unix() ? open_unix(address, count) : open_tcp(address, count);
}

}  // namespace microframe::net
