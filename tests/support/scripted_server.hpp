// ScriptedServer: a listening socket whose connections a test answers by hand.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "proto/handshake.hpp"
#include "support/raw_client.hpp"

namespace test {

// The server's end of one connection.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(int fd)
      : stream_(RawClient::adopt(fd)), head_(stream_.read_head()), buffer_(stream_.rest()) {}

  // The value of a field of the request, "" if it is not there. name: as our client writes it.
  std::string field(const std::string& name) const {
    const std::size_t at = head_.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head_.substr(begin, head_.find('\r', begin) - begin);
  }
  void upgrade(std::string_view subprotocol, std::string_view extensions = {}) {
    stream_.send(
        microframe::proto::accept_response(field("Sec-WebSocket-Key"), subprotocol, extensions));
  }
  void answer(std::string_view response) { stream_.send(response); }
  void say(std::string_view text) { stream_.send(frame(0x81, text, Length::minimal, false)); }
  void say_close(unsigned code) {
    const char payload[] = {static_cast<char>(code >> 8), static_cast<char>(code)};
    stream_.send(frame(0x88, {payload, 2}, Length::minimal, false));
  }
  void welcome(const std::string& session = "s1", const std::string& ping_ms = "25000") {
    upgrade("microframe.v1");
    say(R"({"t":"welcome","session":")" + session +
        R"(","secret":"x","user":"alice","resumed":false,"handled":0,"ttl_ms":120000,"ping_ms":)" +
        ping_ms + "}");
  }
  // The client's next frame; {} (first 0) at the end of the stream.
  Received hear_frame() {
    if (!holds(2)) return {};
    const std::size_t width = byte(1) == 0xFF ? 8 : byte(1) == 0xFE ? 2 : 0;
    if (!holds(2 + width)) return {};
    std::size_t size = width == 0 ? byte(1) & 0x7FU : 0;
    for (std::size_t i = 0; i < width; ++i) size = size << 8 | byte(2 + i);
    const std::size_t head = 2 + width + 4;
    if (!holds(head + size)) return {};
    Received heard{static_cast<unsigned>(byte(0)), buffer_.substr(head, size)};
    for (std::size_t i = 0; i < size; ++i) heard.payload[i] ^= buffer_[head - 4 + i % 4];
    buffer_.erase(0, head + size);
    return heard;
  }
  // Its payload.
  std::string hear() { return hear_frame().payload; }

 private:
  std::size_t byte(std::size_t at) const { return static_cast<unsigned char>(buffer_[at]); }
  // Whether so many bytes have come, before the end of the stream.
  bool holds(std::size_t bytes) {
    while (buffer_.size() < bytes) {
      if (!receive()) return false;
    }
    return true;
  }
  bool receive() {
    pollfd wait{stream_.fd(), POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0)
      throw std::runtime_error("waited in vain for a client's frame");
    char bytes[65536];
    const ssize_t size = ::recv(stream_.fd(), bytes, sizeof bytes, 0);
    if (size > 0) buffer_.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
  }

  RawClient stream_;
  std::string head_;
  std::string buffer_;
};

class ScriptedServer {
 public:
  ScriptedServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd_, 64) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("the scripted server cannot listen");
    port_ = ntohs(address.sin_port);
  }
  ~ScriptedServer() { ::close(fd_); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/ws"; }
  // The next to come, with its request.
  ScriptedPeer accept() {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0) throw std::runtime_error("waited in vain for a client");
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    const int at_once = 1;  // what is sent in pieces does not wait to be acknowledged
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    return ScriptedPeer(fd);
  }

 private:
  const int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

}  // namespace test
