// ScriptedServer: a listening socket whose connections a test answers by hand.
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
  void upgrade(std::string_view subprotocol) {
    stream_.send(microframe::proto::accept_response(field("Sec-WebSocket-Key"), subprotocol));
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
  // The payload of the client's next frame, which is shorter than 126 bytes; "" at the end of the
  // stream.
  std::string hear() {
    while (buffer_.size() < 6 || buffer_.size() < 6 + length()) {
      if (!receive()) return {};
    }
    std::string payload = buffer_.substr(6, length());
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] ^= buffer_[2 + i % 4];
    buffer_.erase(0, 6 + payload.size());
    return payload;
  }

 private:
  std::size_t length() const { return static_cast<unsigned char>(buffer_[1]) & 0x7FU; }
  bool receive() {
    pollfd wait{stream_.fd(), POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0)
      throw std::runtime_error("waited in vain for a client's frame");
    char bytes[4096];
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
    return ScriptedPeer(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
  }

 private:
  const int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

}  // namespace test
