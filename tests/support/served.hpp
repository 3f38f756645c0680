// What a test sees of a server from outside: clients from other loopback addresses, the metrics,
// the log.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "base/log.hpp"
#include "support/raw_client.hpp"
#include "support/sanitized.hpp"

#ifdef MICROFRAME_TEST_SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

namespace test {

// A client that connects from `source`, such as 127.0.0.2.
inline RawClient client_from(const char* source, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  EXPECT_EQ(::inet_pton(AF_INET, source, &address.sin_addr), 1);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return RawClient::adopt(fd);
}

// The value of a line of /metrics, such as `microframe_rejected_total{reason="not_found"}`; -1 if
// there is none. Asked from an address that no test limits.
inline double metric(std::uint16_t port, const std::string& name) {
  RawClient client = client_from("127.0.0.200", port);
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_status(), 200U);
  const std::string text = "\n" + client.read_all();
  const std::size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

inline double rejected(std::uint16_t port, const std::string& reason) {
  return metric(port, "microframe_rejected_total{reason=\"" + reason + "\"}");
}

// Takes what is written to standard error while it lives, but for the reports of sanitizers.
class LogCapture {
 public:
  LogCapture() : file_(std::tmpfile()), stderr_(::dup(STDERR_FILENO)) {
    flush();
    report_to(stderr_);
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  ~LogCapture() {
    flush();
    ::dup2(stderr_, STDERR_FILENO);
    report_to(STDERR_FILENO);
    ::close(stderr_);
    std::fclose(file_);
  }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  std::string text() const {
    flush();
    std::string all;
    char bytes[4096];
    ssize_t size = 0;
    while ((size = ::pread(::fileno(file_), bytes, sizeof bytes, static_cast<off_t>(all.size()))) >
           0)
      all.append(bytes, static_cast<std::size_t>(size));
    return all;
  }
  bool has(std::string_view words) const { return text().find(words) != std::string::npos; }
  std::size_t count(std::string_view words) const {
    const std::string all = text();
    std::size_t times = 0;
    for (std::size_t at = 0; (at = all.find(words, at)) != std::string::npos; at += words.size())
      ++times;
    return times;
  }

 private:
  static void flush() {
    std::fflush(stderr);
    microframe::base::log::flush(std::chrono::seconds(10));
  }
  static void report_to([[maybe_unused]] int fd) {
#ifdef MICROFRAME_TEST_SANITIZED
    __sanitizer_set_report_fd(reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
#endif
  }

  std::FILE* file_;
  int stderr_;
};

}  // namespace test
