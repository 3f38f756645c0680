// ServerProcess: the binary `microframe serve` as a process of its own, in surroundings that a test
// chooses: descriptors, signals, limits.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/raw_client.hpp"

namespace test {

class ServerProcess {
 public:
  static constexpr const char* kSecret = "ssssssssssssssssssssssssssssssss";

  // arguments: of `serve`, beside --admin. surroundings: runs in the child before the program does.
  explicit ServerProcess(std::vector<std::string> arguments,
                         const std::function<void()>& surroundings = {},
                         const char* admin = "public") {
    int out[2];
    int log[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC) + ::pipe2(log, O_CLOEXEC), 0);
    if (admin) arguments.insert(arguments.begin(), {"--admin", admin});
    arguments.insert(arguments.begin(), {"microframe", "serve"});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setenv("MICROFRAME_SECRET", kSecret, 1);
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(log[1], STDERR_FILENO);
      for (int fd = 3; fd < 1024; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
      if (surroundings) surroundings();
      ::execv(MICROFRAME_BINARY, argv.data());
      ::_exit(127);
    }
    ::close(out[1]);
    ::close(log[1]);
    out_ = out[0];
    log_ = log[0];
  }
  ~ServerProcess() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    close_log();
    ::close(out_);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t pid() const { return pid_; }
  // What it says where it listens: "http://127.0.0.1:40000".
  std::string where() const {
    std::string line;
    for (char byte = 0; byte != '\n';) {
      pollfd wait{out_, POLLIN, 0};
      if (::poll(&wait, 1, 20'000) <= 0 || ::read(out_, &byte, 1) != 1) return "nowhere";
      line += byte;
    }
    return line.substr(std::strlen("listening on "),
                       line.size() - std::strlen("listening on ") - 1);
  }
  std::uint16_t port() const {
    const std::string told = where();
    return static_cast<std::uint16_t>(std::atoi(told.substr(told.rfind(':') + 1).c_str()));
  }
  void signal(int number) const { ::kill(pid_, number); }
  // returns: the exit code, or 128 and the signal that ended it; -1 if it has not ended in time,
  //          which ends it.
  int ends(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) return -1;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  int ends_by(int number, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    signal(number);
    return ends(limit);
  }
  void close_log() {
    if (log_ >= 0) ::close(std::exchange(log_, -1));
  }
  // What it has logged since the last call; waits for `words` in it.
  std::string log(std::string_view words) const {
    std::string all;
    pollfd wait{log_, POLLIN, 0};
    while (all.find(words) == std::string::npos && ::poll(&wait, 1, 10'000) > 0) {
      char bytes[4096];
      const ssize_t size = ::read(log_, bytes, sizeof bytes);
      if (size <= 0) break;
      all.append(bytes, static_cast<std::size_t>(size));
    }
    return all;
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int log_ = -1;
};

// A client of a Unix socket, "@name" for an abstract one; waits until there is one.
inline RawClient unix_client(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(where.sun_path, sizeof where.sun_path - 1);
  socklen_t size = sizeof where;
  if (path.starts_with('@')) {
    where.sun_path[0] = 0;
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  for (int i = 0; i < 1000; ++i) {
    if (::connect(fd, reinterpret_cast<sockaddr*>(&where), size) == 0) return RawClient::adopt(fd);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "nobody listens on " << path;
  return RawClient::adopt(fd);
}

inline std::string answer_to(RawClient client, std::string_view request) {
  client.send(request);
  return client.read_all();
}

}  // namespace test
