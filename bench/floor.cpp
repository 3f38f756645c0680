// The least a WebSocket server can do, to compare others with: bare epoll, one thread, a hard-coded
// handshake, /ws/echo and /ws/relay with one recv a readiness and one send a message delivered. No
// authentication, no limits, no fragments, no close. Usage: bench_floor PORT

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Client {
  bool open = false;
  bool relay = false;
  std::size_t seat = 0;  // among the members of the relay
  std::string partial;   // of a head or a frame; mostly empty
  std::string unsent;
};

int poll_fd = -1;
std::vector<Client> clients;  // by descriptor
std::vector<int> members;
char buffer[256 * 1024];

void watch(int fd, std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(poll_fd, operation, fd, &event);
}

void send_bytes(int fd, const char* bytes, std::size_t size) {
  Client& client = clients[static_cast<std::size_t>(fd)];
  if (!client.unsent.empty()) {
    client.unsent.append(bytes, size);
    return;
  }
  const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(size)) return;
  const std::size_t taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  client.unsent.assign(bytes + taken, size - taken);
  watch(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
}

void drop(int fd) {
  Client& client = clients[static_cast<std::size_t>(fd)];
  if (client.relay) {
    const int last = members.back();
    members[client.seat] = last;
    clients[static_cast<std::size_t>(last)].seat = client.seat;
    members.pop_back();
  }
  client = {};
  close(fd);
}

void shake_hands(int fd, std::string_view head) {
  Client& client = clients[static_cast<std::size_t>(fd)];
  constexpr std::string_view kField = "Sec-WebSocket-Key: ";
  const std::size_t at = head.find(kField);
  if (at == std::string_view::npos) return drop(fd);
  const std::string joined =
      std::string(head.substr(at + kField.size(), 24)) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(joined.data()), joined.size(), digest);
  unsigned char accept[29];
  EVP_EncodeBlock(accept, digest, SHA_DIGEST_LENGTH);
  const std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: " +
      std::string(reinterpret_cast<char*>(accept), 28) + "\r\n\r\n";
  send_bytes(fd, answer.data(), answer.size());
  client.open = true;
  if (head.starts_with("GET /ws/relay")) {
    client.relay = true;
    client.seat = members.size();
    members.push_back(fd);
  }
}

// Sends one message, whose payload is unmasked in place, with its header written into the room that the mask
// leaves.
void answer(int fd, char* payload, std::size_t size, std::uint8_t first) {
  char* start = payload;
  if (size < 126) {
    start -= 2;
    start[1] = static_cast<char>(size);
  } else if (size < 65536) {
    start -= 4;
    start[1] = 126;
    start[2] = static_cast<char>(size >> 8);
    start[3] = static_cast<char>(size);
  } else {
    start -= 10;
    start[1] = 127;
    for (int i = 0; i < 8; ++i) start[2 + i] = static_cast<char>(size >> (56 - 8 * i));
  }
  start[0] = static_cast<char>(first);
  const std::size_t total = size + static_cast<std::size_t>(payload - start);
  if (!clients[static_cast<std::size_t>(fd)].relay) return send_bytes(fd, start, total);
  for (const int member : members) send_bytes(member, start, total);
}

// returns: the bytes of whole frames at the front, answered; npos if the client has gone.
std::size_t read_frames(int fd, char* data, std::size_t size) {
  std::size_t at = 0;
  while (size - at >= 6) {
    auto* frame = reinterpret_cast<unsigned char*>(data + at);
    std::uint64_t length = frame[1] & 0x7F;
    std::size_t head = 6;
    if (length == 126) {
      length = static_cast<std::uint64_t>(frame[2]) << 8 | frame[3];
      head = 8;
    } else if (length == 127) {
      if (size - at < 14) return at;
      length = 0;
      for (int i = 0; i < 8; ++i) length = length << 8 | frame[2 + i];
      head = 14;
    }
    if (size - at < head + length) return at;
    if ((frame[0] & 0x0F) == 8) {
      drop(fd);
      return std::string::npos;
    }
    const unsigned char* mask = frame + head - 4;
    std::uint32_t key;
    std::memcpy(&key, mask, 4);
    const std::uint64_t wide = static_cast<std::uint64_t>(key) << 32 | key;
    char* payload = data + at + head;
    std::uint64_t i = 0;
    for (; i + 8 <= length; i += 8) {
      std::uint64_t word;
      std::memcpy(&word, payload + i, 8);
      word ^= wide;
      std::memcpy(payload + i, &word, 8);
    }
    for (; i < length; ++i) payload[i] = static_cast<char>(payload[i] ^ reinterpret_cast<char*>(&key)[i & 3]);
    answer(fd, payload, length, frame[0]);
    at += head + length;
  }
  return at;
}

void readable(int fd) {
  Client& client = clients[static_cast<std::size_t>(fd)];
  const ssize_t received = recv(fd, buffer, sizeof buffer, 0);
  if (received <= 0) return drop(fd);
  char* data = buffer;
  auto size = static_cast<std::size_t>(received);
  if (!client.partial.empty()) {
    client.partial.append(buffer, size);
    data = client.partial.data();
    size = client.partial.size();
  }
  if (!client.open) {
    const std::string_view head(data, size);
    if (head.ends_with("\r\n\r\n")) {
      shake_hands(fd, head);
      clients[static_cast<std::size_t>(fd)].partial.clear();
    } else if (client.partial.empty()) {
      client.partial.assign(data, size);
    }
    return;
  }
  const std::size_t used = read_frames(fd, data, size);
  if (used == std::string::npos) return;
  if (used == size) {
    client.partial.clear();
  } else {
    client.partial = std::string(data + used, size - used);
  }
}

void writable(int fd) {
  Client& client = clients[static_cast<std::size_t>(fd)];
  const ssize_t sent = send(fd, client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
  if (sent > 0) client.unsent.erase(0, static_cast<std::size_t>(sent));
  if (client.unsent.empty()) watch(fd, EPOLLIN, EPOLL_CTL_MOD);
}

void accept_all(int listener) {
  while (true) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (clients.size() <= static_cast<std::size_t>(fd)) clients.resize(static_cast<std::size_t>(fd) + 1);
    watch(fd, EPOLLIN, EPOLL_CTL_ADD);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 4096) != 0) {
    std::perror("bench_floor");
    return 1;
  }
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("listening on http://127.0.0.1:%u\n", ntohs(address.sin_port));
  std::fflush(stdout);
  poll_fd = epoll_create1(0);
  watch(listener, EPOLLIN, EPOLL_CTL_ADD);
  epoll_event events[1024];
  while (true) {
    const int count = epoll_wait(poll_fd, events, 1024, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        accept_all(listener);
        continue;
      }
      if (events[i].events & EPOLLOUT) writable(fd);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(fd);
    }
  }
}
