// The least that a WebSocket server can do, to compare others with: bare epoll, one thread, a
// hard-coded handshake, /ws/echo, and /ws/relay to every client on it. One recv per readiness,
// one send per delivered message. No authentication, no limits, no fragments, no pings; a Close
// is answered, as RFC 6455 §5.5.1 requires.
// Usage: bench_floor [PORT]

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

struct FrameHead {
  std::size_t bytes = 0;  // with the mask; 0: the header is incomplete
  std::uint64_t payload_bytes = 0;
};

FrameHead read_head(const unsigned char* in, std::size_t size) {
  if (size < 6) return {};
  const unsigned length = in[1] & 0x7F;
  if (length < 126) return {6, length};
  const std::size_t width = length == 126 ? 2 : 8;
  if (size < 6 + width) return {};
  std::uint64_t wide = 0;
  for (std::size_t i = 0; i < width; ++i) wide = wide << 8 | in[2 + i];
  return {6 + width, wide};
}

void unmask(char* payload, std::uint64_t size, const char* mask) {
  std::uint32_t key;
  std::memcpy(&key, mask, sizeof key);
  const std::uint64_t wide = static_cast<std::uint64_t>(key) << 32 | key;
  std::uint64_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, payload + i, 8);
    word ^= wide;
    std::memcpy(payload + i, &word, 8);
  }
  for (; i < size; ++i)
    payload[i] = static_cast<char>(payload[i] ^ reinterpret_cast<const char*>(&key)[i & 3]);
}

// Writes the header of a server's frame directly before its payload, into the space of the
// client's longer header.
// returns: where the frame starts.
char* put_head(char* payload, std::uint64_t size, char first) {
  const int width = size < 126 ? 0 : size < 65536 ? 2 : 8;
  char* start = payload - 2 - width;
  start[0] = first;
  start[1] = static_cast<char>(width == 0 ? size : width == 2 ? 126 : 127);
  for (int i = 0; i < width; ++i) start[2 + i] = static_cast<char>(size >> (8 * (width - 1 - i)));
  return start;
}

std::string accept_of(std::string_view key) {
  const std::string joined = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(joined.data()), joined.size(), digest);
  unsigned char text[29];
  EVP_EncodeBlock(text, digest, SHA_DIGEST_LENGTH);
  return {reinterpret_cast<const char*>(text), 28};
}

class Floor {
 public:
  explicit Floor(int listener) : listener_(listener), poll_(epoll_create1(EPOLL_CLOEXEC)) {
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
  }

  void turn() {
    epoll_event events[1024];
    const int count = epoll_wait(poll_, events, 1024, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener_) {
        accept_all();
        continue;
      }
      if ((events[i].events & EPOLLOUT) != 0) on_writable(fd);
      if ((events[i].events & ~EPOLLOUT) != 0) on_readable(fd);
    }
  }

 private:
  struct Client {
    bool open = false;
    bool relay = false;
    std::size_t seat = 0;  // among the members of the relay
    std::string partial;   // the part of a head or frame that has come; mostly empty
    std::string unsent;
  };

  Client& client(int fd) { return clients_[static_cast<std::size_t>(fd)]; }

  void watch(int fd, std::uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(poll_, operation, fd, &event);
  }

  void accept_all() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (clients_.size() <= static_cast<std::size_t>(fd))
        clients_.resize(static_cast<std::size_t>(fd) + 1);
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void drop(int fd) {
    const Client& gone = client(fd);
    if (gone.relay) {
      const int last = members_.back();
      members_[gone.seat] = last;
      client(last).seat = gone.seat;
      members_.pop_back();
    }
    client(fd) = {};
    close(fd);
  }

  void send_bytes(int fd, const char* bytes, std::size_t size) {
    std::string& unsent = client(fd).unsent;
    if (!unsent.empty()) {
      unsent.append(bytes, size);
      return;
    }
    const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(size)) return;
    const std::size_t taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    unsent.assign(bytes + taken, size - taken);
    watch(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  }

  void on_writable(int fd) {
    std::string& unsent = client(fd).unsent;
    const ssize_t sent = send(fd, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (sent > 0) unsent.erase(0, static_cast<std::size_t>(sent));
    if (unsent.empty()) watch(fd, EPOLLIN, EPOLL_CTL_MOD);
  }

  void on_readable(int fd) {
    const ssize_t received = recv(fd, buffer_, sizeof buffer_, 0);
    if (received <= 0) return drop(fd);
    std::string& partial = client(fd).partial;
    char* data = buffer_;
    auto size = static_cast<std::size_t>(received);
    if (!partial.empty()) {
      partial.append(buffer_, size);
      data = partial.data();
      size = partial.size();
    }
    const std::size_t used =
        client(fd).open ? read_frames(fd, data, size) : read_request(fd, {data, size});
    if (used == kGone) return;
    if (used == size) {
      partial.clear();
    } else if (partial.empty()) {
      partial.assign(data + used, size - used);
    } else {
      partial.erase(0, used);
    }
  }

  // returns: the bytes used; kGone if the client has gone.
  std::size_t read_request(int fd, std::string_view head) {
    if (!head.ends_with("\r\n\r\n")) return 0;
    constexpr std::string_view kField = "Sec-WebSocket-Key: ";
    const std::size_t at = head.find(kField);
    if (at == std::string_view::npos) {
      drop(fd);
      return kGone;
    }
    const std::string answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_of(head.substr(at + kField.size(), 24)) + "\r\n\r\n";
    client(fd).open = true;
    if (head.starts_with("GET /ws/relay")) {
      client(fd).relay = true;
      client(fd).seat = members_.size();
      members_.push_back(fd);
    }
    send_bytes(fd, answer.data(), answer.size());
    return head.size();
  }

  // Unmasks and answers each whole frame, in place.
  // returns: the bytes used; kGone if the client has gone.
  std::size_t read_frames(int fd, char* data, std::size_t size) {
    std::size_t at = 0;
    while (true) {
      const FrameHead head = read_head(reinterpret_cast<unsigned char*>(data + at), size - at);
      if (head.bytes == 0 || size - at - head.bytes < head.payload_bytes) return at;
      char* payload = data + at + head.bytes;
      const char first = data[at];
      unmask(payload, head.payload_bytes, payload - 4);
      const char* frame = put_head(payload, head.payload_bytes, first);
      const std::size_t frame_bytes =
          static_cast<std::size_t>(payload - frame) + head.payload_bytes;
      const bool closing = (first & 0x0F) == 8;
      if (client(fd).relay && !closing) {
        for (const int member : members_) send_bytes(member, frame, frame_bytes);
      } else {
        send_bytes(fd, frame, frame_bytes);
      }
      if (closing) {
        drop(fd);
        return kGone;
      }
      at += head.bytes + head.payload_bytes;
    }
  }

  static constexpr std::size_t kGone = SIZE_MAX;

  const int listener_;
  const int poll_;
  std::vector<Client> clients_;  // by descriptor
  std::vector<int> members_;
  char buffer_[256 * 1024];
};

// returns: the socket; -1, with errno, if the port cannot be used.
int listen_on(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return -1;
  if (listen(listener, 4096) != 0) return -1;
  return listener;
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = listen_on(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  if (listener < 0) {
    std::perror("bench_floor");
    return 1;
  }
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("listening on http://127.0.0.1:%u\n", ntohs(address.sin_port));
  std::fflush(stdout);
  static Floor floor(listener);
  while (true) floor.turn();
}
