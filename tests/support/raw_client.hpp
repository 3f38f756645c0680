// RawClient: a blocking socket that speaks as much or as little WebSocket as a test wants. Every
// wait ends after ten seconds, with a failure that says for what.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "support/bytes.hpp"

namespace test {

// A frame as the other end sends it, unmasked.
struct Received {
  unsigned first = 0;  // FIN, reserved bits and opcode
  std::string payload;

  bool operator==(const Received&) const = default;
  bool is_close() const { return first == 0x88; }
  unsigned close_code() const {
    if (!is_close() || payload.size() < 2) return 0;
    return static_cast<unsigned>(static_cast<unsigned char>(payload[0])) << 8 |
           static_cast<unsigned char>(payload[1]);
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect");
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
  RawClient& operator=(RawClient&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  virtual ~RawClient() {
    if (fd_ >= 0) ::close(fd_);
  }

  // A client on a descriptor that is connected already.
  static RawClient adopt(int fd) { return RawClient(fd, Adopted{}); }

  int fd() const { return fd_; }
  // What has come and was not read yet.
  const std::string& rest() const { return buffer_; }

  // returns: false once the server has closed the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = transmit(bytes);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool send_text(std::string_view text) { return send(frame(0x81, text)); }
  bool send_close(unsigned code = 1000) {
    const char payload[] = {static_cast<char>(code >> 8), static_cast<char>(code)};
    return send(frame(0x88, {payload, 2}));
  }

  // The whole head of an answer, "" at the end of the stream.
  std::string read_head() {
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!read_more("a head")) return {};
    }
    const std::size_t size = buffer_.find("\r\n\r\n") + 4;
    std::string head = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return head;
  }
  // The status of an answer; 0 at the end of the stream.
  unsigned read_status() {
    const std::string head = read_head();
    return head.size() > 12 ? static_cast<unsigned>(std::stoul(head.substr(9, 3))) : 0;
  }

  // The next `count` bytes, or what comes of them until the end of the stream.
  std::string read_bytes(std::size_t count) {
    while (buffer_.size() < count && read_more("bytes")) {
    }
    std::string bytes = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return bytes;
  }

  // The next frame; {} (first 0) at the end of the stream.
  Received read_frame() {
    while (true) {
      if (buffer_.size() >= 2) {
        const auto byte = [&](std::size_t i) {
          return static_cast<std::size_t>(static_cast<unsigned char>(buffer_[i]));
        };
        std::size_t length = byte(1);
        const std::size_t width = length < 126 ? 0 : length == 126 ? 2 : 8;
        if (buffer_.size() >= 2 + width) {
          if (width != 0) length = 0;
          for (std::size_t i = 0; i < width; ++i) length = length << 8 | byte(2 + i);
          if (buffer_.size() >= 2 + width + length) {
            Received received{static_cast<unsigned>(byte(0)), buffer_.substr(2 + width, length)};
            buffer_.erase(0, 2 + width + length);
            return received;
          }
        }
      }
      if (!read_more("a frame")) return {};
    }
  }
  // The next text message; the heartbeat's Pings before it, which come on a slow machine, are
  // passed over.
  std::string read_text() {
    Received received = read_frame();
    while (received.first == 0x89) received = read_frame();
    if (received.first != 0x81)
      throw std::runtime_error("no text message came, but frame " + std::to_string(received.first) +
                               " " + received.payload);
    return received.payload;
  }
  // Reads on until a text message that holds `words` has come.
  std::string read_until(std::string_view words) {
    while (true) {
      std::string text = read_text();
      if (text.find(words) != std::string::npos) return text;
    }
  }
  // Reads until the Close or the end of the stream.
  // returns: the Close's code, 0 for none.
  unsigned read_close() {
    while (true) {
      const Received received = read_frame();
      if (received.first == 0 || received.is_close()) return received.close_code();
    }
  }
  // Whether more came; it lies in rest().
  bool read_some() { return read_more("bytes"); }
  // Whether the stream has ended, dropping what still comes.
  bool at_end() {
    while (read_more("the end")) buffer_.clear();
    return true;
  }
  // All that comes until the stream ends.
  std::string read_all() {
    while (read_more("the end")) {
    }
    return std::exchange(buffer_, {});
  }
  // Whether nothing comes within a while that is long for loopback.
  bool silent() {
    pollfd wait{fd_, POLLIN, 0};
    return buffer_.empty() && ::poll(&wait, 1, 150) == 0;
  }
  // Breaks the connection with RST.
  void reset() {
    const linger abort{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    ::close(std::exchange(fd_, -1));
  }

 protected:
  // What lies under the frames.
  virtual ssize_t transmit(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  virtual ssize_t receive(char* into, std::size_t size, const char* what) {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0)
      throw std::runtime_error(std::string("waited in vain for ") + what);
    return ::recv(fd_, into, size, 0);
  }
  bool read_more(const char* what) {
    char bytes[65536];
    const ssize_t size = receive(bytes, sizeof bytes, what);
    if (size <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

 private:
  struct Adopted {};
  RawClient(int fd, Adopted) : fd_(fd) {}

  int fd_;
  std::string buffer_;
};

// A handshake request: `fields` are further header lines, each with CRLF.
inline std::string upgrade_request(const std::string& target, const std::string& fields = {}) {
  return "GET " + target +
         " HTTP/1.1\r\nHost: app.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         fields + "\r\n";
}

}  // namespace test
