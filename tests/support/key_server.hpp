// KeyServer: an issuer's HTTP server on loopback that publishes a key set as well or as badly as a
// test wants, and counts who asks. Threading: any; a thread of its own serves.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace test {

class KeyServer {
 public:
  enum class Mode {
    good,
    hangs,   // takes the request and never answers
    fails,   // 500
    huge,    // 200, and spaces without end
    broken,  // 200, and what is no key set
    moved,   // 302 to `elsewhere`
  };

  explicit KeyServer(std::string body = {}) : body_(std::move(body)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listen_fd_, 64) != 0 ||
        ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("the key server cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~KeyServer() {
    ::eventfd_write(end_fd_, 1);
    thread_.join();
    for (const int fd : hanging_) ::close(fd);
    ::close(listen_fd_);
    ::close(end_fd_);
  }
  KeyServer(const KeyServer&) = delete;
  KeyServer& operator=(const KeyServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/jwks.json"; }
  void publish(std::string body) {
    const std::lock_guard lock(mutex_);
    body_ = std::move(body);
  }
  // Field lines, each with its CRLF, that go before the body of good answers.
  void add_fields(std::string lines) {
    const std::lock_guard lock(mutex_);
    fields_ = std::move(lines);
  }
  void behave(Mode mode) { mode_ = mode; }
  void redirect_to(std::string elsewhere) {
    const std::lock_guard lock(mutex_);
    elsewhere_ = std::move(elsewhere);
    mode_ = Mode::moved;
  }
  // How many have connected, whatever they wanted.
  int fetches() const { return fetches_; }
  // How much was taken of what is sent without end.
  std::size_t bytes_taken() const { return bytes_taken_; }
  // The last request, whole.
  std::string request() const {
    const std::lock_guard lock(mutex_);
    return request_;
  }

 private:
  void serve() {
    while (true) {
      pollfd wait[] = {{listen_fd_, POLLIN, 0}, {end_fd_, POLLIN, 0}};
      if (::poll(wait, 2, -1) <= 0) continue;
      if (wait[1].revents != 0) return;
      const int fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      const timeval limit{5, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
      answer(fd);
    }
  }
  void answer(int fd) {
    std::string request;
    char bytes[4096];
    ssize_t size = 0;
    while (request.find("\r\n\r\n") == std::string::npos &&
           (size = ::recv(fd, bytes, sizeof bytes, 0)) > 0)
      request.append(bytes, static_cast<std::size_t>(size));
    std::string body;
    std::string elsewhere;
    std::string fields;
    {
      const std::lock_guard lock(mutex_);
      request_ = request;
      body = body_;
      elsewhere = elsewhere_;
      fields = fields_;
    }
    const Mode mode = mode_;
    ++fetches_;
    switch (mode) {
      case Mode::good:
        send(fd, head("200 OK", body.size(), fields) + body);
        break;
      case Mode::hangs:
        hanging_.push_back(fd);
        return;
      case Mode::fails:
        send(fd, head("500 Internal Server Error", body.size()) + body);
        break;
      case Mode::huge:
        send_without_end(fd);
        break;
      case Mode::broken:
        send(fd, head("200 OK", 13) + "{\"keys\":[{}]}");
        break;
      case Mode::moved:
        send(fd, "HTTP/1.1 302 Found\r\nLocation: " + elsewhere + "\r\nContent-Length: 0\r\n\r\n");
        break;
    }
    ::close(fd);
  }
  void send_without_end(int fd) {
    constexpr std::size_t kEnough = 64 << 20;
    const std::string spaces(65536, ' ');
    if (!send(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")) return;
    for (std::size_t sent = 0; sent < kEnough && send(fd, spaces); sent += spaces.size())
      bytes_taken_ += spaces.size();
  }
  static std::string head(const char* status, std::size_t size, const std::string& fields = {}) {
    return "HTTP/1.1 " + std::string(status) + "\r\n" + fields +
           "Content-Type: application/json\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  }
  static bool send(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  const int listen_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int end_fd_ = ::eventfd(0, EFD_CLOEXEC);
  std::uint16_t port_ = 0;
  std::atomic<Mode> mode_{Mode::good};
  std::atomic<int> fetches_{0};
  std::atomic<std::size_t> bytes_taken_{0};
  mutable std::mutex mutex_;
  std::string body_;
  std::string elsewhere_;
  std::string fields_;
  std::string request_;
  std::vector<int> hanging_;  // the thread's, until it has ended
  std::thread thread_;
};

}  // namespace test
