// Connections of this program come from 127.0.1.1, 127.0.1.2, .. in turn, 500 from each address:
// as if from many machines, because a server accepts 1,000 connections per address
// (Limits::connections_per_address_max). The linker sends the library's connect() through this
// file.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>

extern "C" int __real_connect(int fd, const sockaddr* to, socklen_t size);
extern "C" int __wrap_connect(int fd, const sockaddr* to, socklen_t size);

extern "C" int __wrap_connect(int fd, const sockaddr* to, socklen_t size) {
  constexpr std::uint32_t kSources = 20;
  constexpr std::uint32_t kFirst = 0x7F000101;
  static std::atomic<std::uint32_t> turn{0};
  if (to->sa_family != AF_INET) return __real_connect(fd, to, size);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(kFirst + turn++ % kSources);
  // ip(7): connect() chooses the port, because it knows for which peer the port must be free.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) return -1;
  return __real_connect(fd, to, size);
}
