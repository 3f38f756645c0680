#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace bench {
namespace {

// RFC 6455 §1.3's own example: the answer to this key is known.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr unsigned char kMask[4] = {0x37, 0xFA, 0x21, 0x3D};

std::string masked_frame(std::string_view payload, unsigned opcode) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame += static_cast<char>(0x80 | opcode);
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65536) {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size());
  } else {
    frame += static_cast<char>(0x80 | 127);
    for (int i = 7; i >= 0; --i)
      frame += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> (8 * i));
  }
  frame.append(reinterpret_cast<const char*>(kMask), 4);
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(payload[i] ^ static_cast<char>(kMask[i % 4]));
  return frame;
}

}  // namespace

Target parse_target(std::string_view url) {
  constexpr std::string_view kScheme = "ws://";
  const std::size_t colon = url.find(':', kScheme.size());
  const std::size_t slash = url.find('/', kScheme.size());
  if (!url.starts_with("ws://127.") || colon == std::string_view::npos || slash == std::string_view::npos) {
    throw Broken("load goes to ws://127.0.0.1:PORT/PATH only, not to " + std::string(url));
  }
  Target target;
  target.host = url.substr(kScheme.size(), colon - kScheme.size());
  target.port = static_cast<std::uint16_t>(std::stoi(std::string(url.substr(colon + 1, slash - colon - 1))));
  target.path = url.substr(slash);
  return target;
}

Client::Client(const Target& target, const std::string& token) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw Broken(std::string("socket: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  ::inet_pton(AF_INET, target.host.c_str(), &address.sin_addr);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    throw Broken(std::string("connect: ") + std::strerror(errno));
  }
  request_ = "GET " + target.path + (token.empty() ? "" : "?token=" + token) +
             " HTTP/1.1\r\nHost: " + target.host + ":" + std::to_string(target.port) +
             "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + std::string(kKey) +
             "\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      state_(other.state_),
      request_(std::move(other.request_)),
      partial_(std::move(other.partial_)) {}

void Client::on_writable() {
  if (state_ != State::connecting) return;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) throw Broken(std::string("connect: ") + std::strerror(error));
  state_ = State::shaking_hands;
  send_all(std::exchange(request_, {}));
}

void Client::read_into(char* buffer, std::size_t size) {
  const ssize_t received = ::recv(fd_, buffer, size, 0);
  if (received < 0 && errno == EAGAIN) {
    rest_ = {};
    return;
  }
  if (received <= 0) {
    state_ = State::closed;
    rest_ = {};
    return;
  }
  if (partial_.empty()) {
    rest_ = {buffer, static_cast<std::size_t>(received)};
  } else {
    partial_.append(buffer, static_cast<std::size_t>(received));
    rest_ = partial_;
  }
  if (state_ == State::shaking_hands) check_answer();
}

void Client::check_answer() {
  const std::size_t end = rest_.find("\r\n\r\n");
  if (end == std::string_view::npos) return;
  const std::string_view head = rest_.substr(0, end);
  if (!head.starts_with("HTTP/1.1 101 ") || head.find(kAccept) == std::string_view::npos) {
    throw Broken("handshake refused: " + std::string(head.substr(0, head.find('\r'))));
  }
  state_ = State::open;
  rest_.remove_prefix(end + 4);
}

// A server's frame has no mask and, here, no fragments.
bool Client::next_message(std::string_view& payload) {
  while (state_ == State::open && rest_.size() >= 2) {
    const auto byte = [&](std::size_t i) {
      return static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i]));
    };
    if ((byte(0) & 0x80) == 0 || (byte(0) & 0x70) != 0 || (byte(1) & 0x80) != 0) throw Broken("bad frame");
    std::uint64_t length = byte(1);
    std::size_t head = 2;
    if (length >= 126) {
      const std::size_t width = length == 126 ? 2 : 8;
      head += width;
      if (rest_.size() < head) return false;
      length = 0;
      for (std::size_t i = 2; i < head; ++i) length = length << 8 | byte(i);
    }
    if (rest_.size() - head < length || rest_.size() < head) return false;
    const auto opcode = byte(0) & 0x0F;
    payload = rest_.substr(head, length);
    rest_.remove_prefix(head + length);
    if (opcode == 8) {
      state_ = State::closed;
      return false;
    }
    if (opcode == 1 || opcode == 2) return true;
  }
  return false;
}

void Client::keep_rest() {
  if (rest_.empty()) {
    partial_.clear();
  } else {
    partial_ = std::string(rest_);
  }
  rest_ = {};
}

void Client::send_message(std::string_view payload, bool binary) {
  send_all(masked_frame(payload, binary ? 2 : 1));
}
void Client::send_close() {
  send_all(masked_frame("\x03\xE8", 8));
}

void Client::send_all(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t taken = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (taken > 0) {
      sent += static_cast<std::size_t>(taken);
    } else if (errno == EAGAIN) {
      pollfd wait{fd_, POLLOUT, 0};
      ::poll(&wait, 1, 1000);
    } else {
      throw Broken(std::string("send: ") + std::strerror(errno));
    }
  }
}

}  // namespace bench
