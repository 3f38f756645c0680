// UnixServer: a listening Unix socket in a folder of its own, whose connections a test answers by
// hand. No port, so that tests may run beside each other.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "client/url.hpp"
#include "proto/handshake.hpp"
#include "support/raw_client.hpp"

namespace test {

// The server's end of one connection.
class UnixPeer {
 public:
  explicit UnixPeer(int fd) : stream_(RawClient::adopt(fd)) {}

  // Reads the request, whose fields field() then finds.
  void read_request() {
    head_ = stream_.read_head();
    received_ = stream_.rest();
  }
  std::string field(const std::string& name) const {
    const std::size_t at = head_.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head_.substr(begin, head_.find('\r', begin) - begin);
  }
  // The answer that accepts the request.
  std::string acceptance(std::string_view subprotocol = {},
                         std::string_view extensions = {}) const {
    return microframe::proto::accept_response(field("Sec-WebSocket-Key"), subprotocol, extensions);
  }
  void accept(std::string_view subprotocol = {}, std::string_view extensions = {}) {
    read_request();
    send(acceptance(subprotocol, extensions));
  }
  void send(std::string_view bytes) { stream_.send(bytes); }
  // The same for a client that may have stopped reading: what does not go within a moment goes
  // before the next, which is then left out.
  void try_send(std::string_view bytes) {
    if (unsent_.empty()) unsent_ = bytes;
    while (!unsent_.empty()) {
      pollfd wait{stream_.fd(), POLLOUT, 0};
      if (::poll(&wait, 1, 20) <= 0) return;
      const ssize_t size =
          ::send(stream_.fd(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size <= 0) return;
      unsent_.erase(0, static_cast<std::size_t>(size));
    }
  }
  // Reads what is there, for nobody.
  void drop_some() {
    receive();
    received_.clear();
  }
  void send_byte_by_byte(std::string_view bytes) {
    for (const char byte : bytes) stream_.send({&byte, 1});
  }

  // The client's next frame, unmasked, shorter than 126 bytes; first is 0 at the end of the stream.
  Received read_frame() {
    while (received_.size() < 6 || received_.size() < 6 + length()) {
      if (!receive()) return {};
    }
    // RFC 6455 §5.1: a client masks each frame.
    EXPECT_NE(byte(1) & 0x80U, 0U);
    Received frame{byte(0), received_.substr(6, length())};
    for (std::size_t i = 0; i < frame.payload.size(); ++i) frame.payload[i] ^= received_[2 + i % 4];
    received_.erase(0, 6 + length());
    return frame;
  }
  void expect_frame(unsigned first, std::string_view payload) {
    const Received frame = read_frame();
    EXPECT_EQ(frame.first, first);
    EXPECT_EQ(frame.payload, payload);
  }
  bool is_at_end() { return read_frame().first == 0; }
  // Reads until the client has said anything.
  void read_some() { receive(); }

 private:
  unsigned byte(std::size_t at) const { return static_cast<unsigned char>(received_[at]); }
  std::size_t length() const { return byte(1) & 0x7FU; }
  bool receive() {
    pollfd wait{stream_.fd(), POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0)
      throw std::runtime_error("waited in vain for the client to speak");
    char bytes[4096];
    const ssize_t size = ::recv(stream_.fd(), bytes, sizeof bytes, 0);
    if (size > 0) received_.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
  }

  RawClient stream_;
  std::string head_;
  std::string received_;
  std::string unsent_;  // by try_send
};

class UnixServer {
 public:
  UnixServer() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd_, 8) != 0)
      throw std::runtime_error("the server cannot listen at " + path_);
  }
  ~UnixServer() {
    ::close(fd_);
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  UnixServer(const UnixServer&) = delete;
  UnixServer& operator=(const UnixServer&) = delete;

  microframe::client::Url url() const {
    microframe::client::Url url;
    url.address.unix_path = path_;
    url.host = "a.example";
    url.target = "/ws";
    return url;
  }
  // The next client.
  UnixPeer next() {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0) throw std::runtime_error("waited in vain for a client");
    return UnixPeer(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
  }

 private:
  static std::string make_folder() {
    std::string name = "/tmp/microframe_client_XXXXXX";
    if (!::mkdtemp(name.data())) throw std::runtime_error("no folder for a socket");
    return name;
  }

  const std::string folder_ = make_folder();
  const std::string path_ = folder_ + "/socket";
  const int fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

}  // namespace test
